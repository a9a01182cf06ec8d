using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace DeCloud.NodeAgent.Tests;

/// <summary>
/// Akka's time in the tests' hands: it passes when <see cref="Advance"/> is called and not otherwise. Akka.TestKit has such a scheduler too, which loses what is scheduled from one thread while
/// another thread schedules for the same instant or lets time pass.
/// </summary>
/// <param name="config">The scheduler's settings, of which it needs none.</param>
/// <param name="log">Where it would log.</param>
internal sealed class VirtualScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log)
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Work, (TimeSpan Due, long Order)> _work = new();
    private readonly DateTimeOffset _start = DateTimeOffset.UtcNow;
    private TimeSpan _passed;
    private long _order;

    /// <summary>What time it is for the actors.</summary>
    public DateTimeOffset Now => TimeNow;

    public override TimeSpan MonotonicClock => Passed;

    public override TimeSpan HighResMonotonicClock => Passed;

    protected override DateTimeOffset TimeNow => _start + Passed;

    private TimeSpan Passed
    {
        get
        {
            lock (_gate)
            {
                return _passed;
            }
        }
    }

    /// <summary>Lets time pass and does what became due, earliest first; what repeats is done once.</summary>
    /// <param name="time">How much time.</param>
    public void Advance(TimeSpan time)
    {
        var due = new List<Work>();
        lock (_gate)
        {
            _passed += time;
            while (_work.TryPeek(out _, out var at) && at.Due <= _passed)
            {
                due.Add(_work.Dequeue());
            }
        }

        foreach (var work in due.Where(work => work.Cancelable is not { IsCancellationRequested: true }))
        {
            work.Do();
            if (work.Every is { } interval)
            {
                Add(interval, work);
            }
        }
    }

    protected override void InternalScheduleTellOnce(TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(delay, new(() => receiver.Tell(message, sender), cancelable, null));

    protected override void InternalScheduleTellRepeatedly(TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Add(initialDelay, new(() => receiver.Tell(message, sender), cancelable, interval));

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) => Add(delay, new(action, cancelable, null));

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) => Add(delay, new(action.Run, cancelable, null));

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Add(initialDelay, new(action, cancelable, interval));

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Add(initialDelay, new(action.Run, cancelable, interval));

    private void Add(TimeSpan delay, Work work)
    {
        lock (_gate)
        {
            _work.Enqueue(work, (_passed + delay, _order++));
        }
    }

    private sealed record Work(Action Do, ICancelable? Cancelable, TimeSpan? Every);
}
