using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Remote;

/// <summary>A message to the part that remembers which orchestrator the node follows.</summary>
public interface IAllegianceMessage;

/// <summary>The commands it obeys. Each is answered by an <see cref="AllegianceReply"/>.</summary>
public static class AllegianceCommands
{
    /// <summary>Follow an orchestrator of an epoch.</summary>
    /// <param name="Orchestrator">Its name.</param>
    /// <param name="Epoch">Which rule of orchestrators it is, from 1.</param>
    public sealed record Follow(string Orchestrator, long Epoch) : IAllegianceMessage;

    /// <summary>Take no new VMs from orchestrators, or take them again.</summary>
    /// <param name="IsOn">True to take none.</param>
    /// <param name="Request">Who asks, under which key.</param>
    public sealed record Drain(bool IsOn, Request Request) : IAllegianceMessage;
}

/// <summary>The questions it answers.</summary>
public static class AllegianceQueries
{
    /// <summary>Whether a <see cref="AllegianceCommands.Drain"/> was obeyed under a key; answered by <see cref="AllegianceReply"/>, with <see cref="FailureCodes.OperationNotFound"/> when it was not.</summary>
    /// <param name="RequestId">The key.</param>
    public sealed record FindDrain(string RequestId) : IAllegianceMessage;
}

/// <summary>What it answers.</summary>
public abstract record AllegianceReply
{
    private AllegianceReply()
    {
    }

    /// <summary>So it is, durably.</summary>
    /// <param name="State">What is remembered.</param>
    public sealed record Kept(Allegiance State) : AllegianceReply;

    /// <summary>Nothing was changed.</summary>
    /// <param name="Failure">Why.</param>
    /// <param name="State">What is remembered; null while that is not known.</param>
    public sealed record Refused(Failure Failure, Allegiance? State) : AllegianceReply;
}
