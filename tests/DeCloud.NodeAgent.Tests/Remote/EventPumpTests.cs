using System.Runtime.CompilerServices;
using Akka.Actor;
using DeCloud.NodeAgent.Actors.Edge;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Tests.Remote;

/// <summary>Events on their way to the gateway.</summary>
public sealed class EventPumpTests
{
    [Fact]
    public async Task After_a_fault_it_waits_a_second_of_the_nodes_clock_and_goes_on_behind_what_it_handed_over()
    {
        var time = new ManualTime();
        var feed = new BrokenFeed();
        using var credits = new SemaphoreSlim(10);
        using var end = new CancellationTokenSource();
        var faults = 0;
        var handed = new List<long>();
        var pump = new EventPump(new(ActorRefs.Nobody, feed, new VmBoard(), new AnyVm(), new("node-1", ["orchestrator"]), 1000, "test", time));

        var run = pump.RunAsync(4, credits, (@event, _) => handed.Add(@event.Id), _ => faults++, end.Token);
        await time.FireNextAsync(TimeSpan.FromSeconds(1));
        await feed.SecondRead.WaitAsync(TimeSpan.FromSeconds(10));
        await end.CancelAsync();
        await run.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal([5L], handed);
        Assert.Equal([4L, 5L], feed.Places);
        Assert.Equal(1, faults);
    }

    /// <summary>Gives one event and breaks; the second reader waits.</summary>
    private sealed class BrokenFeed : IEventFeed
    {
        private readonly TaskCompletionSource _second = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<long> Places { get; } = [];

        public Task SecondRead => _second.Task;

        public Task<long> LastIdAsync(CancellationToken cancellation) => Task.FromResult(4L);

        public async IAsyncEnumerable<EventResource> ReadAsync(long afterId, [EnumeratorCancellation] CancellationToken cancellation)
        {
            Places.Add(afterId);
            if (Places.Count > 1)
            {
                _second.SetResult();
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            yield return new(afterId + 1, "/api/vms/none", new(1, DateTimeOffset.UnixEpoch, "vm-started", null, "It started.", default));
            throw new IOException("The journal is gone.");
        }
    }
}
