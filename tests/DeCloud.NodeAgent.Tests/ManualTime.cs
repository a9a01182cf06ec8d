using System.Threading.Channels;

namespace DeCloud.NodeAgent.Tests;

/// <summary>Timers that fire when they are told to.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly Channel<(TimeSpan Due, Action Fire)> _timers = Channel.CreateUnbounded<(TimeSpan, Action)>();

    public async Task FireNextAsync(TimeSpan due)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var timer = await _timers.Reader.ReadAsync(deadline.Token);
        Assert.Equal(due, timer.Due);
        timer.Fire();
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _timers.Writer.TryWrite((dueTime, () => callback(state)));
        return new Timer();
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
