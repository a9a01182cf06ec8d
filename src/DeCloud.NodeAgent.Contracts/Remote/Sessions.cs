namespace DeCloud.NodeAgent.Contracts.Remote;

/// <summary>Orchestrator to node: take me as your orchestrator. Answered by <see cref="Attached"/> or <see cref="Refused"/>; the sender of this message is who the node talks to from then on.</summary>
/// <param name="Session">Chosen by the orchestrator, new for every attach that is not a repetition.</param>
/// <param name="Orchestrator">The name in the orchestrator's certificate.</param>
/// <param name="Node">The name of the node that is meant; another node refuses.</param>
/// <param name="Epoch">
/// Which rule of orchestrators this is, from 1. A node that has seen a higher one refuses, also after a restart: of two that believe they are in charge, the later wins.
/// </param>
/// <param name="OldestVersion">The oldest version of the protocol that the orchestrator understands.</param>
/// <param name="NewestVersion">The newest.</param>
/// <param name="EventsAfter">The <see cref="VmEvent.Place"/> after which events are wanted; null for what happens from now on.</param>
/// <param name="Window">How many events the node may send beyond the last acknowledged one, 1 to 1024.</param>
/// <param name="HeartbeatSeconds">How often the node shall beat, 1 to 300.</param>
/// <param name="SentAt">The orchestrator's clock; deadlines are read by it, so that the two clocks need not agree.</param>
public sealed record Attach(
    Guid Session = default,
    string Orchestrator = "",
    string Node = "",
    long Epoch = 0,
    int OldestVersion = 0,
    int NewestVersion = 0,
    long? EventsAfter = null,
    int Window = 0,
    int HeartbeatSeconds = 0,
    DateTimeOffset SentAt = default) : ISessionMessage;

/// <summary>Node to orchestrator: I am yours.</summary>
/// <param name="Session">The session.</param>
/// <param name="Node">The node's name, as in its certificate.</param>
/// <param name="Version">The version of the protocol that is spoken from now on.</param>
/// <param name="Epoch">The epoch that the node keeps.</param>
/// <param name="EventsAfter">The place in the journal after which events follow.</param>
/// <param name="MaxMessageBytes">Longer messages do not reach the node.</param>
/// <param name="LeaseSeconds">The node falls silent when it has heard nothing for so long.</param>
/// <param name="AgentVersion">The agent's version.</param>
/// <param name="StartedAt">When the node's side of the protocol was started.</param>
/// <param name="IsDraining">Whether the node takes no new VMs.</param>
public sealed record Attached(
    Guid Session = default,
    string Node = "",
    int Version = 0,
    long Epoch = 0,
    long EventsAfter = 0,
    int MaxMessageBytes = 0,
    int LeaseSeconds = 0,
    string AgentVersion = "",
    DateTimeOffset StartedAt = default,
    bool IsDraining = false) : IRemoteMessage;

/// <summary>Node to orchestrator: no. Said of an attach, and of whatever is no command and can't be followed.</summary>
/// <param name="Session">The session that was asked for or used.</param>
/// <param name="Code">A stable word; see <see cref="RefusalCodes"/>.</param>
/// <param name="Message">The cause and the remedy in a sentence.</param>
/// <param name="IsPermanent">True when trying again without a change would be refused again.</param>
/// <param name="OldestVersion">The oldest version of the protocol that the node understands.</param>
/// <param name="NewestVersion">The newest.</param>
/// <param name="Epoch">The epoch that the node keeps; 0 when it has had no orchestrator, or where it does not matter.</param>
public sealed record Refused(
    Guid Session = default,
    string Code = "",
    string Message = "",
    bool IsPermanent = false,
    int OldestVersion = 0,
    int NewestVersion = 0,
    long Epoch = 0) : IRemoteMessage;

/// <summary>
/// Orchestrator to node: I am there, and have dealt with all events up to a place. Keeps the session alive, and lets further events come. Sent at least three times in a lease.
/// </summary>
/// <param name="Session">The session.</param>
/// <param name="EventsThrough">The <see cref="VmEvent.Place"/> of the last event that was dealt with; null when none was.</param>
/// <param name="SentAt">The orchestrator's clock.</param>
public sealed record Ack(Guid Session = default, long? EventsThrough = null, DateTimeOffset SentAt = default) : ISessionMessage;

/// <summary>Orchestrator to node: the session is over. VMs stay as they are.</summary>
/// <param name="Session">The session.</param>
public sealed record Detach(Guid Session = default) : ISessionMessage;

/// <summary>What came over the wire and could not be understood: under a manifest of a later version, or broken. Never sent.</summary>
/// <param name="Manifest">The manifest it came under, cut to 64 printable characters.</param>
/// <param name="Reason">What was wrong with it.</param>
public sealed record Unintelligible(string Manifest, string Reason) : IRemoteMessage;

/// <summary>The stable words of refusals beside those of the REST API's problems, which a refused command may carry too.</summary>
public static class RefusalCodes
{
    /// <summary>No version of the protocol is common to both.</summary>
    public const string Version = "version-unsupported";

    /// <summary>The name is not one of the orchestrators that this node obeys.</summary>
    public const string Stranger = "orchestrator-unknown";

    /// <summary>Another node was meant.</summary>
    public const string WrongNode = "wrong-node";

    /// <summary>The node has an orchestrator of a later epoch, or another one of the same.</summary>
    public const string Epoch = "epoch-superseded";

    /// <summary>The session is not, or no longer, the node's. Attach again.</summary>
    public const string NotAttached = "not-attached";

    /// <summary>A member of the message has no allowed value.</summary>
    public const string Invalid = "invalid-request";

    /// <summary>The message is not known here, or is broken.</summary>
    public const string Unintelligible = "unintelligible";

    /// <summary>The deadline was over before the command was accepted; it was not and will not be carried out.</summary>
    public const string DeadlinePassed = "deadline-passed";

    /// <summary>Too many commands are being accepted at the moment. Send it again.</summary>
    public const string Busy = "busy";

    /// <summary>The node takes no new VMs.</summary>
    public const string Draining = "draining";

    /// <summary>The node can't do that.</summary>
    public const string Unsupported = "unsupported";

    /// <summary>The message is longer than the frame; told by the sender's own side, because such a message does not leave it.</summary>
    public const string TooLarge = "message-too-large";
}
