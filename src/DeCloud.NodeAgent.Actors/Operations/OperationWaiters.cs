using Akka.Actor;

namespace DeCloud.NodeAgent.Actors.Operations;

/// <summary>Those who wait for the end of an actor's operations, each for as long as it wished.</summary>
/// <param name="actor">The actor; it passes <see cref="Over"/> on to <see cref="End"/>.</param>
/// <param name="answer">What a waiter for an operation of this number is told.</param>
internal sealed class OperationWaiters(IWithTimers actor, Func<long, object> answer)
{
    private readonly List<Waiter> _waiters = [];
    private long _last;

    public void Add(long number, IActorRef asker, TimeSpan wait)
    {
        var waiter = new Waiter(++_last, number, asker);
        _waiters.Add(waiter);
        actor.Timers.StartSingleTimer(waiter, new Over(waiter.Id), wait);
    }

    /// <summary>Answers those whose operation is over.</summary>
    public void EndWhere(Predicate<long> isOver)
    {
        foreach (var waiter in _waiters.Where(w => isOver(w.Number)).ToList())
        {
            actor.Timers.Cancel(waiter);
            Answer(waiter);
        }
    }

    /// <summary>Answers the one whose patience is over.</summary>
    public void End(Over over)
    {
        if (_waiters.Find(w => w.Id == over.Waiter) is { } waiter)
        {
            Answer(waiter);
        }
    }

    private void Answer(Waiter waiter)
    {
        _waiters.Remove(waiter);
        waiter.Asker.Tell(answer(waiter.Number));
    }

    /// <summary>A waiter's patience is over.</summary>
    internal sealed record Over(long Waiter);

    private sealed record Waiter(long Id, long Number, IActorRef Asker);
}
