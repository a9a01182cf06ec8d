namespace DeCloud.NodeAgent.Contracts.Remote;

/// <summary>
/// What an orchestrator and a node say to each other over Akka.Remote. Every member has a default, so that a side of an older version reads what a later one wrote and the other way round:
/// members that are not known are skipped, members that are absent have their default.
/// </summary>
public interface IRemoteMessage;

/// <summary>A message of an attached orchestrator.</summary>
public interface ISessionMessage : IRemoteMessage
{
    /// <summary>The session that the orchestrator chose in its <see cref="Attach"/>.</summary>
    Guid Session { get; }
}

/// <summary>
/// A command. It is carried out at most once for its <see cref="CommandId"/>, however often it arrives, in whatever order, across restarts of the node. It is always answered, by
/// <see cref="CommandAccepted"/> or <see cref="CommandRefused"/>; an orchestrator that hears neither sends it again under the same id.
/// </summary>
public interface IRemoteCommand : ISessionMessage
{
    /// <summary>Chosen by the orchestrator: 1 to 100 ASCII letters, digits, <c>.</c>, <c>_</c>, <c>:</c> and <c>-</c>.</summary>
    string CommandId { get; }

    /// <summary>By the orchestrator's clock: after this a command that was not accepted yet is refused. Null for never.</summary>
    DateTimeOffset? Deadline { get; }

    /// <summary>
    /// What the orchestrator does this for, as a <c>traceparent</c> of W3C Trace Context; null when nobody follows. No part of the command: the same command with another one is the same, and
    /// one that can't be read is left out of account. A node of a version that does not know it skips it.
    /// </summary>
    string? TraceParent { get; }
}

/// <summary>The versions of the protocol.</summary>
public static class RemoteProtocol
{
    /// <summary>The version that this assembly speaks best.</summary>
    public const int Version = 1;

    /// <summary>The oldest version that it understands.</summary>
    public const int OldestVersion = 1;

    /// <summary>Name of the node's actor system on the wire.</summary>
    public const string EdgeSystem = "edge";

    /// <summary>Path of the one actor that answers there.</summary>
    public const string GatewayPath = "/user/orchestrator";

    /// <summary>Bytes of a frame that are not the message: addresses, paths, manifests. Messages are at most the frame's limit less this.</summary>
    public const int EnvelopeBytes = 4096;
}
