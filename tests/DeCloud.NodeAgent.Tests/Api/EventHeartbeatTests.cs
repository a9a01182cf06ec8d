using System.IO.Pipelines;
using System.Text;
using System.Threading.Channels;
using DeCloud.NodeAgent.Api.Node;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class EventHeartbeatTests
{
    [Fact]
    public async Task A_comment_every_15_seconds_shows_that_a_silent_stream_lives()
    {
        var time = new ManualTime();
        var pipe = new Pipe();
        var feed = new ScriptedFeed();
        using var end = new CancellationTokenSource();
        var writing = new EventStream(pipe.Writer, time).WriteAsync(feed.ReadAsync(0, end.Token), end.Token);
        Assert.Equal("retry: 2000\n\n", await ReadAsync(pipe));

        for (var i = 0; i < 3; i++)
        {
            await time.FireNextAsync(TimeSpan.FromSeconds(15));
            Assert.Equal(": still here\n\n", await ReadAsync(pipe));
        }

        await feed.Events.WriteAsync(Samples.Event(5));
        Assert.StartsWith("id: 5\n", await ReadAsync(pipe), StringComparison.Ordinal);

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
    }

    private static async Task<string> ReadAsync(Pipe pipe)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var read = await pipe.Reader.ReadAsync(deadline.Token);
        var text = Encoding.UTF8.GetString(read.Buffer);
        pipe.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    /// <summary>Timers that fire when they are told to.</summary>
    private sealed class ManualTime : TimeProvider
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
}
