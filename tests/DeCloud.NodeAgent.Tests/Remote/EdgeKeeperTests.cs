using Akka.Actor;
using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Edge;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Tests.Actors;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Tests.Remote;

public sealed class EdgeKeeperTests
{
    [Fact]
    public async Task An_edge_that_can_not_be_started_is_shown_with_the_reason_and_ends_with_the_host()
    {
        var gauges = new NodeGaugeBoard();
        var options = new EdgeOptions(new("127.0.0.1", 0, 65536), () => throw new IOException("the certificate is not there"), ["orchestrator"], "", "test");
        using var keeper = new EdgeKeeper(options, new Nobody(), new MemoryFeed(new()), new VmBoard(), new AnyVm(), NullLoggerFactory.Instance, TimeProvider.System, gauges);
        await keeper.StartAsync(CancellationToken.None);
        for (var i = 0; i < 500 && gauges.Remote?.Trouble is null; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal("the certificate is not there", gauges.Remote?.Trouble);
        await keeper.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_link_says_who_is_there_or_since_when_nobody_is_and_why()
    {
        var (first, later) = (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddHours(1));
        var attached = RemoteLink.To("one", first);
        Assert.Equal(new(later, null, "one", "it detached"), attached.Ended("it detached", later));
        Assert.Equal(attached.Ended("it detached", first), attached.Ended("it detached", first).Ended("again", later));
        Assert.Equal((later, "one", "the port is taken"), (attached.Failed("the port is taken", later).Since, attached.Failed("the port is taken", later).Last, attached.Failed("the port is taken", later).Trouble));
        Assert.Null(attached.Failed("the port is taken", later).Listening().Trouble);
    }

    private sealed class Nobody : IRequiredActor<NodeKey>
    {
        public IActorRef ActorRef => ActorRefs.Nobody;

        public Task<IActorRef> GetAsync(CancellationToken cancellationToken = default) => Task.FromResult(ActorRef);
    }
}
