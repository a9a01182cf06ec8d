using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What became of a request to the orchestrator.</summary>
/// <typeparam name="T">What it gives.</typeparam>
public abstract record PeerReply<T>
{
    private PeerReply()
    {
    }

    /// <summary>It gave what was asked for.</summary>
    /// <param name="Value">What it gave.</param>
    public sealed record Given(T Value) : PeerReply<T>;

    /// <summary>The orchestrator itself does not know the node's credentials. Nothing else is ever taken for it: no proxy's page, no broken connection.</summary>
    /// <param name="Reason">Its words.</param>
    public sealed record Unauthorized(string Reason) : PeerReply<T>;

    /// <summary>The orchestrator understood and refused; the same request would be refused again.</summary>
    /// <param name="Status">The HTTP status.</param>
    /// <param name="Code">Its word for the reason, where it has one.</param>
    /// <param name="Reason">Its words.</param>
    public sealed record Refused(int Status, string? Code, string Reason) : PeerReply<T>;

    /// <summary>There was no answer that can be trusted to be the orchestrator's: not reached, too slow, broken off, a server error, something that is no answer to this. Nothing follows but another try.</summary>
    /// <param name="Reason">Why.</param>
    public sealed record Unreachable(string Reason) : PeerReply<T>;
}

/// <summary>Nothing, where something must be named.</summary>
public readonly record struct Done;

/// <summary>An orchestrator that is spoken to over HTTP. Every method answers within a deadline of its own and throws for nothing but cancellation.</summary>
public interface IOrchestratorClient
{
    /// <summary>The terms of service in force.</summary>
    /// <param name="cancellation">Gives up.</param>
    Task<PeerReply<Terms>> GetTermsAsync(CancellationToken cancellation);

    /// <summary>Registers the node, which replaces its API key.</summary>
    /// <param name="body">What is said.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<PeerReply<Registration>> RegisterAsync(RegistrationBody body, CancellationToken cancellation);

    /// <summary>Has the host evaluated.</summary>
    /// <param name="credentials">Who says it.</param>
    /// <param name="inventory">What the host is.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The version of the scheduling configuration, when it was told.</returns>
    Task<PeerReply<int?>> EvaluateAsync(NodeCredentials credentials, HostInventory inventory, CancellationToken cancellation);

    /// <summary>Reports.</summary>
    /// <param name="credentials">Who says it.</param>
    /// <param name="body">What is said.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<PeerReply<HeartbeatAnswer>> BeatAsync(NodeCredentials credentials, HeartbeatBody body, CancellationToken cancellation);

    /// <summary>Offers the node for VMs, or no longer.</summary>
    /// <param name="credentials">Who says it.</param>
    /// <param name="isIn">True to offer.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<PeerReply<Done>> LoginAsync(NodeCredentials credentials, bool isIn, CancellationToken cancellation);

    /// <summary>Takes the commands that wait. The orchestrator forgets them as it gives them.</summary>
    /// <param name="credentials">Who says it.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<PeerReply<ImmutableArray<PeerCommand>>> TakeCommandsAsync(NodeCredentials credentials, CancellationToken cancellation);

    /// <summary>Tells the result of a command.</summary>
    /// <param name="credentials">Who says it.</param>
    /// <param name="body">The result.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<PeerReply<Done>> AcknowledgeAsync(NodeCredentials credentials, AckBody body, CancellationToken cancellation);
}

/// <summary>Who the node is to the orchestrator.</summary>
/// <param name="NodeId">Its id.</param>
/// <param name="ApiKey">What it shows. A secret.</param>
public sealed record NodeCredentials(string NodeId, string ApiKey)
{
    /// <summary>Leaves the key out.</summary>
    public override string ToString() => $"{nameof(NodeCredentials)} {{ NodeId = {NodeId} }}";
}

/// <summary>Proves that the node's wallet wants the registration.</summary>
public interface IRegistrationProof
{
    /// <summary>A text with its signature (EIP-191): the given text signed, or one that was signed elsewhere.</summary>
    /// <param name="message">The text that the node would sign.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="Node.FailureException">There is no signature to be had; the message says what the operator can do.</exception>
    Task<(string Message, string Signature)> ProveAsync(string message, CancellationToken cancellation);
}

/// <summary>What must outlive the process and may not be in the journal: the API key, and payloads of commands that are being carried out.</summary>
public interface IOrchestratorVault
{
    /// <summary>The API key; null when there is none.</summary>
    /// <param name="cancellation">Gives up.</param>
    Task<string?> ReadKeyAsync(CancellationToken cancellation);

    /// <summary>Keeps the API key, durable when the method returns.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellation">Gives up.</param>
    Task KeepKeyAsync(string key, CancellationToken cancellation);

    /// <summary>A payload that was kept; null when there is none.</summary>
    /// <param name="commandId">The command.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<string?> ReadPayloadAsync(string commandId, CancellationToken cancellation);

    /// <summary>Keeps a payload, durable when the method returns.</summary>
    /// <param name="commandId">The command.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="cancellation">Gives up.</param>
    Task KeepPayloadAsync(string commandId, string payload, CancellationToken cancellation);

    /// <summary>Removes the payloads of all commands but these: what a kill left.</summary>
    /// <param name="open">The commands that are being carried out.</param>
    /// <param name="cancellation">Gives up.</param>
    Task SweepPayloadsAsync(IReadOnlySet<string> open, CancellationToken cancellation);

    /// <summary>Removes a payload. Nothing happens when there is none.</summary>
    /// <param name="commandId">The command.</param>
    /// <param name="cancellation">Gives up.</param>
    Task DropPayloadAsync(string commandId, CancellationToken cancellation);
}
