using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>Asks the node to start one of its actors again.</summary>
/// <param name="Path">The actor's path.</param>
/// <param name="By">Who asks, for the supervision history.</param>
public sealed record RestartActor(string Path, string By)
{
    /// <summary>When it was stored; null as long as it is not, and then it is not done yet.</summary>
    internal DateTimeOffset? StoredAt { get; init; }
}

/// <summary>An actor that is to be started again is there and may be: goes to the node, which has it stored and then sends it on its way once more.</summary>
/// <param name="Restart">What was asked.</param>
internal sealed record RestartFound(RestartActor Restart);

/// <summary>What becomes of it.</summary>
/// <param name="Refusal">Why it is not started again; null when it is.</param>
public sealed record RestartReply(Failure? Refusal);

/// <summary>An actor stops because it is to be started again. Published for whoever notes the lives of actors, before it stops.</summary>
/// <param name="Path">The actor's path.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When.</param>
internal sealed record RestartBegun(string Path, string By, DateTimeOffset At);

/// <summary>Which actors may be started again by hand: those whose parent raises them with all that they know, and which hold nothing that a restart would break off.</summary>
internal static class RestartRule
{
    private const string Node = "/user/node/";
    private const string Vms = Node + "vms/";

    /// <summary>The part of the node that a path names; null when it names something else.</summary>
    public static string? PartOf(string path) =>
        path.StartsWith(Node, StringComparison.Ordinal) && path.IndexOf('/', Node.Length) < 0 && path.Length > Node.Length ? path[Node.Length..] : null;

    /// <summary>The VM whose actor a path names; null when it names something else.</summary>
    public static Guid? VmOf(string path) =>
        path.StartsWith(Vms, StringComparison.Ordinal) && Guid.TryParseExact(path[Vms.Length..], "D", out var id) ? id : null;

    /// <summary>Why a path names nothing that may be started again.</summary>
    public static Failure NotHere(string path) => new(
        FailureCodes.ActorNotRestartable,
        path is Node + "vms" ? "The registry holds every VM of the node. Restart the actor of one VM, /user/node/vms/ID, or the agent: neither touches running VMs."
            : path.StartsWith(Vms, StringComparison.Ordinal) ? "It belongs to a VM's actor and is started again with it. Restart that one: /user/node/vms/ID."
            : "Only the parts of the node, such as /user/node/wireguard, and VMs' actors, /user/node/vms/ID, are started again by hand.",
        true);

    /// <summary>Why an actor that may be started again is not now.</summary>
    /// <param name="what">What it has in flight.</param>
    public static Failure Busy(string what) => new(FailureCodes.ActorBusy, $"It has {what} in flight, which a restart would break off. Wait for its end (GET /api/operations), or cancel it.", false);
}
