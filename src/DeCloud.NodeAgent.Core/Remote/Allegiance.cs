using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Remote;

/// <summary>A fact about whom the node follows, stored for ever.</summary>
public interface IAllegianceEvent
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen to it.</summary>
public static class AllegianceEvents
{
    /// <summary>The node follows an orchestrator of an epoch from now on.</summary>
    /// <param name="Orchestrator">Its name.</param>
    /// <param name="Epoch">The epoch.</param>
    /// <param name="At">When.</param>
    public sealed record Followed(string Orchestrator, long Epoch, DateTimeOffset At) : IAllegianceEvent;

    /// <summary>The node takes no new VMs, or takes them again.</summary>
    /// <param name="IsOn">Whether it takes none.</param>
    /// <param name="Request">Who asked, under which key.</param>
    /// <param name="At">When.</param>
    public sealed record Drained(bool IsOn, Request Request, DateTimeOffset At) : IAllegianceEvent;
}

/// <summary>Whom the node follows, and whether it takes new VMs. Pure.</summary>
/// <param name="Orchestrator">The orchestrator's name; empty before there was one.</param>
/// <param name="Epoch">Its epoch; 0 before there was one.</param>
/// <param name="IsDraining">Whether the node takes no new VMs.</param>
/// <param name="Drains">The last requests to drain or to end that, oldest first: a late copy of one changes nothing.</param>
public sealed record Allegiance(string Orchestrator, long Epoch, bool IsDraining, ImmutableList<Request> Drains)
{
    /// <summary>How many requests are remembered.</summary>
    public const int RememberedDrains = 256;

    /// <summary>Before anything happened.</summary>
    public static Allegiance None { get; } = new("", 0, false, []);

    /// <summary>What becomes of an orchestrator that wants to be followed: an event, a refusal, or neither when it is followed already.</summary>
    /// <param name="command">Who wants that.</param>
    /// <param name="at">Now.</param>
    public (IAllegianceEvent? Event, Failure? Refusal) Decide(AllegianceCommands.Follow command, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(command);
        return command.Epoch < Epoch ? (null, new(RefusalCodes.Epoch, $"The node follows '{Orchestrator}' in epoch {Epoch}, which is later.", true))
            : command.Epoch > Epoch ? (new AllegianceEvents.Followed(command.Orchestrator, command.Epoch, at), null)
            : command.Orchestrator == Orchestrator ? (null, null)
            : (null, new(RefusalCodes.Epoch, $"The node follows '{Orchestrator}' in the same epoch {Epoch}. Two orchestrators must not share an epoch.", true));
    }

    /// <summary>What becomes of a request to drain or to end that.</summary>
    /// <param name="command">The request.</param>
    /// <param name="at">Now.</param>
    public (IAllegianceEvent? Event, Failure? Refusal) Decide(AllegianceCommands.Drain command, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(command);
        return Drains.Find(d => d.Id == command.Request.Id) switch
        {
            null => (new AllegianceEvents.Drained(command.IsOn, command.Request, at), null),
            { BodyHash: var hash } when hash == command.Request.BodyHash => (null, null),
            _ => (null, new(FailureCodes.IdempotencyConflict, "The id was used for another command.", true)),
        };
    }

    /// <summary>What is remembered after one more event.</summary>
    /// <param name="event">What happened.</param>
    public Allegiance Apply(IAllegianceEvent @event) => @event switch
    {
        AllegianceEvents.Followed e => this with { Orchestrator = e.Orchestrator, Epoch = e.Epoch },
        AllegianceEvents.Drained e => this with { IsDraining = e.IsOn, Drains = (Drains.Count < RememberedDrains ? Drains : Drains.RemoveAt(0)).Add(e.Request) },
        _ => this,
    };
}
