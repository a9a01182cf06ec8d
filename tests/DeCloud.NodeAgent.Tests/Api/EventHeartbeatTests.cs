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
}
