using System.Collections.Concurrent;
using DeCloud.NodeAgent.Contracts.Remote;

namespace DeCloud.Orchestrator;

/// <summary>What the orchestrator knows of a node. Written by the node's link alone, read by everybody; outlives the link and the actor system.</summary>
internal sealed class NodeRecord(NodeAddress address)
{
    public NodeAddress Address { get; } = address;

    /// <summary><c>connecting</c>, <c>attached</c>, <c>refused</c> or <c>superseded</c>.</summary>
    public volatile string Status = "connecting";

    public volatile string? Why;

    public volatile Heartbeat? LastBeat;

    public volatile Attached? Attached;

    /// <summary>The event that was dealt with last; null before the first, so that a new orchestrator begins with what happens from now on.</summary>
    public long? LastPlace { get; set; }

    public long Beats { get; set; }

    public long Events { get; set; }

    public int Attaches { get; set; }

    /// <summary>Commands that were not answered yet, or only by "not now".</summary>
    public ConcurrentDictionary<string, PendingCommand> Pending { get; } = new();
}

/// <summary>A command on its way.</summary>
/// <param name="Command">The command; the session is filled in when it is sent.</param>
/// <param name="Since">When it was given.</param>
internal sealed record PendingCommand(IRemoteCommand Command, DateTimeOffset Since)
{
    /// <summary>The command in a session.</summary>
    public IRemoteCommand In(Guid session) => Command switch
    {
        CreateVm c => c with { Session = session },
        StartVm c => c with { Session = session },
        StopVm c => c with { Session = session },
        DeleteVm c => c with { Session = session },
        ReconcilePeers c => c with { Session = session },
        Report c => c with { Session = session },
        Drain c => c with { Session = session },
        _ => throw new NotSupportedException($"{Command.GetType().Name} is no command."),
    };
}
