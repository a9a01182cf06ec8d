using DeCloud.NodeAgent.Footprint;

namespace DeCloud.NodeAgent.Tests.Footprint;

/// <summary>When what only the start needed is given back.</summary>
public sealed class StartupMemoryTests
{
    [Fact]
    public async Task It_is_given_back_once_when_the_start_has_settled()
    {
        var (given, time) = (0, new ManualTime());
        using var lifetime = new ManualLifetime();
        using var memory = new StartupMemory(lifetime, time, () => given++);
        await memory.StartAsync(CancellationToken.None);
        Assert.Equal(0, given);

        lifetime.Start();
        await time.FireNextAsync(StartupMemory.Settling);

        await memory.ExecuteTask!.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(1, given);
    }

    [Fact]
    public async Task A_host_that_ends_before_it_has_started_waits_for_nothing()
    {
        var given = 0;
        using var lifetime = new ManualLifetime();
        using var memory = new StartupMemory(lifetime, new ManualTime(), () => given++);
        await memory.StartAsync(CancellationToken.None);

        await memory.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(0, given);
    }
}
