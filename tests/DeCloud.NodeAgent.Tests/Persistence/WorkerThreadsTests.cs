using DeCloud.NodeAgent.Actors.Persistence;

namespace DeCloud.NodeAgent.Tests.Persistence;

/// <summary>Threads for what blocks.</summary>
public sealed class WorkerThreadsTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task No_more_pieces_run_at_a_time_than_there_are_threads_and_all_of_them_are_used()
    {
        var threads = new WorkerThreads("test", 3);
        using var gate = new CountdownEvent(3);
        var (now, most) = (0, 0);
        var all = Enumerable.Range(0, 60).Select(i => threads.RunAsync(
            () =>
            {
                var at = Interlocked.Increment(ref now);
                InterlockedMax(ref most, at);
                if (i < 3)
                {
                    // The first three wait for each other: with fewer threads they never would meet.
                    gate.Signal();
                    Assert.True(gate.Wait(Deadline));
                }

                Interlocked.Decrement(ref now);
                return i;
            },
            CancellationToken.None)).ToList();

        Assert.Equal(Enumerable.Range(0, 60), await Task.WhenAll(all).WaitAsync(Deadline));
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task A_single_thread_keeps_the_order_and_survives_what_fails()
    {
        var threads = new WorkerThreads("test", 1);
        var seen = new List<int>();
        var all = Enumerable.Range(0, 100).Select(i => threads.RunAsync(
            () =>
            {
                seen.Add(i);
                return i == 50 ? throw new InvalidOperationException("no") : i;
            },
            CancellationToken.None)).ToList();
        await Task.WhenAll(all.Where((_, i) => i != 50)).WaitAsync(Deadline);
        await Assert.ThrowsAsync<InvalidOperationException>(() => all[50]);
        Assert.Equal(Enumerable.Range(0, 100), seen);
    }

    [Fact]
    public async Task What_follows_goes_on_in_the_thread_of_the_work_where_that_is_asked_for()
    {
        var threads = new WorkerThreads("test", 1);
        using var gate = new ManualResetEventSlim();
        var both = WorkThenGoOnAsync();
        gate.Set();
        var (work, next) = await both.WaitAsync(Deadline);
        Assert.Equal(work, next);

        async Task<(int Work, int Next)> WorkThenGoOnAsync()
        {
            var thread = await threads.RunAsync(() => gate.Wait(Deadline) ? Environment.CurrentManagedThreadId : 0, CancellationToken.None, goOnHere: true).ConfigureAwait(false);
            return (thread, Environment.CurrentManagedThreadId);
        }
    }

    [Fact]
    public async Task Work_that_is_cancelled_before_its_turn_is_left_out()
    {
        var threads = new WorkerThreads("test", 1);
        using var gate = new ManualResetEventSlim();
        using var cancellation = new CancellationTokenSource();
        var isRun = false;
        var first = threads.RunAsync(() => gate.Wait(Deadline), CancellationToken.None);
        var second = threads.RunAsync(() => isRun = true, cancellation.Token);
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.WaitAsync(Deadline));
        gate.Set();
        Assert.True(await first.WaitAsync(Deadline));
        Assert.True(await threads.RunAsync(() => true, CancellationToken.None).WaitAsync(Deadline));
        Assert.False(isRun);
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
