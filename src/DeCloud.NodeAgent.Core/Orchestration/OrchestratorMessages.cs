using System.Diagnostics;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>A message about the node's dealings with an orchestrator over HTTP.</summary>
public interface IOrchestratorMessage;

/// <summary>What the part that deals with the orchestrator is told.</summary>
public static class OrchestratorCommands
{
    /// <summary>Offer the node for VMs, or no longer; answered by <see cref="OrchestratorReply.Status"/> as soon as the wish is stored.</summary>
    /// <param name="IsWished">Whether to offer it.</param>
    public sealed record Login(bool IsWished) : IOrchestratorMessage;

    /// <summary>Somebody pushed a command; answered by an <see cref="OrchestratorReply"/>.</summary>
    /// <param name="Body">What was sent.</param>
    /// <param name="Timestamp">The header <see cref="PushProof.TimestampHeader"/>.</param>
    /// <param name="Signature">The header <see cref="PushProof.SignatureHeader"/>.</param>
    public sealed record Pushed(ReadOnlyMemory<byte> Body, string? Timestamp, string? Signature) : IOrchestratorMessage
    {
        /// <summary>The trace that the push is a part of; nothing when nobody follows.</summary>
        public ActivityContext Trace { get; init; }
    }
}

/// <summary>What the part that deals with the orchestrator is asked.</summary>
public static class OrchestratorQueries
{
    /// <summary>How things stand; answered by <see cref="OrchestratorReply.Status"/>.</summary>
    public sealed record Get : IOrchestratorMessage;
}

/// <summary>The answers of the part that deals with the orchestrator.</summary>
public abstract record OrchestratorReply
{
    private OrchestratorReply()
    {
    }

    /// <summary>How things stand.</summary>
    /// <param name="Resource">For the API.</param>
    public sealed record Status(OrchestratorResource Resource) : OrchestratorReply;

    /// <summary>The pushed command was proved to be the orchestrator's, by its signature or because the orchestrator gave it too, and is stored.</summary>
    /// <param name="CommandId">The command.</param>
    public sealed record Taken(string CommandId) : OrchestratorReply;

    /// <summary>Nothing was done.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(Failure Failure) : OrchestratorReply;
}
