using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Remote;

/// <summary>What the node says of an orchestrator that wants to attach, before its epoch is looked at. Pure.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Orchestrators">The names of those it obeys.</param>
public sealed record AttachRules(string Node, IReadOnlyCollection<string> Orchestrators)
{
    private const int MostWindow = 1024;
    private const int MostHeartbeatSeconds = 300;
    private const int LeastLeaseSeconds = 15;

    /// <summary>Why the attach is refused; null when it is not.</summary>
    /// <param name="attach">The attach.</param>
    public Failure? Objection(Attach attach)
    {
        ArgumentNullException.ThrowIfNull(attach);
        return attach.OldestVersion > RemoteProtocol.Version || attach.NewestVersion < RemoteProtocol.OldestVersion || attach.OldestVersion > attach.NewestVersion
                ? new(RefusalCodes.Version, $"The node speaks versions {RemoteProtocol.OldestVersion} to {RemoteProtocol.Version}, the orchestrator {attach.OldestVersion} to {attach.NewestVersion}.", true)
            : attach.Node != Node ? new(RefusalCodes.WrongNode, $"This is node '{Node}'.", true)
            : !Orchestrators.Contains(attach.Orchestrator, StringComparer.Ordinal) ? new(RefusalCodes.Stranger, "The node does not obey an orchestrator of this name. Add it to Remote:Orchestrators.", true)
            : attach.Session == Guid.Empty ? Invalid("session", "must be a UUID that is not empty")
            : attach.Epoch < 1 ? Invalid("epoch", "must be at least 1")
            : attach.EventsAfter < 0 ? Invalid("eventsAfter", "must be at least 0, or absent")
            : attach.Window is < 1 or > MostWindow ? Invalid("window", $"must be 1 to {MostWindow}")
            : attach.HeartbeatSeconds is < 1 or > MostHeartbeatSeconds ? Invalid("heartbeatSeconds", $"must be 1 to {MostHeartbeatSeconds}")
            : null;
    }

    /// <summary>The version that both speak; only for an attach without objection.</summary>
    /// <param name="attach">The attach.</param>
    public static int VersionOf(Attach attach)
    {
        ArgumentNullException.ThrowIfNull(attach);
        return Math.Min(attach.NewestVersion, RemoteProtocol.Version);
    }

    /// <summary>For how long an orchestrator may be silent: four heartbeats, at least 15 s.</summary>
    /// <param name="attach">The attach.</param>
    public static TimeSpan LeaseOf(Attach attach)
    {
        ArgumentNullException.ThrowIfNull(attach);
        return TimeSpan.FromSeconds(Math.Max(LeastLeaseSeconds, 4 * attach.HeartbeatSeconds));
    }

    private static Failure Invalid(string member, string must) => new(RefusalCodes.Invalid, $"'{member}' {must}.", true);
}
