using Akka.Actor;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>An orchestrator that is attached. Belongs to the gateway; the pump alone shares the credits.</summary>
internal sealed class GatewaySession(Attach attach, IActorRef orchestrator, Attached answer, DateTimeOffset now) : IDisposable
{
    private readonly CancellationTokenSource _ended = new();

    public Attach Attach { get; } = attach;

    public IActorRef Orchestrator { get; } = orchestrator;

    /// <summary>What was answered, for the orchestrator that did not hear it.</summary>
    public Attached Answer { get; } = answer;

    public EventWindow Window { get; } = new(attach.Window);

    /// <summary>One for each event that the pump may still hand over.</summary>
    public SemaphoreSlim Credits { get; } = new(attach.Window);

    public TimeSpan Lease { get; } = AttachRules.LeaseOf(attach);

    public DateTimeOffset HeardAt { get; private set; } = now;

    public long Beats { get; set; }

    public CancellationToken Ended => _ended.Token;

    /// <summary>How far the orchestrator's clock is ahead of this one.</summary>
    private TimeSpan Ahead { get; set; } = attach.SentAt - now;

    public void Heard(DateTimeOffset now, DateTimeOffset? theirs)
    {
        HeardAt = now;
        if (theirs is { } at && at != default)
        {
            Ahead = at - now;
        }
    }

    public void Acknowledge(long place)
    {
        if (Window.Acknowledge(place) is > 0 and var freed)
        {
            Credits.Release(freed);
        }
    }

    public bool IsTooLate(DateTimeOffset? deadline, DateTimeOffset now) => deadline is { } at && now + Ahead > at;

    public bool IsOver(DateTimeOffset now) => now - HeardAt > Lease;

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }
}
