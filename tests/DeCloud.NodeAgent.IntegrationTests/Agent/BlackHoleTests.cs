using System.Diagnostics;
using DeCloud.NodeAgent.IntegrationTests.Lab;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>A host whose default route leads where nothing ever answers, with an orchestrator and a peer of the overlay behind it.</summary>
public sealed class BlackHoleLab : AgentLab
{
    /// <summary>A host in a network of its own.</summary>
    public BlackHoleLab()
        : base(LibvirtHost.WithOwnNetwork())
    {
    }

    /// <summary>Settings that lead into the hole. Addresses and name are those kept for documentation (RFC 5737, RFC 2606).</summary>
    public string[] Outward =>
    [
        "Orchestrator:BaseUrl=https://198.51.100.7/",
        $"Orchestrator:ApiKeyFile={Path.Combine(StatePath, "key")}",
        "Heartbeat:Interval=00:00:05",
        "WireGuard:Address=10.80.0.7/16",
    ];

    /// <inheritdoc/>
    protected override async Task PrepareStateAsync()
    {
        var key = Path.Combine(StatePath, "key");
        await File.WriteAllTextAsync(key, "eyJhbGciOiJIUzI1NiJ9.c29tZWJvZHk.x");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Lays the route: to a neighbour that is known and not there, so that every packet leaves and none comes back.</summary>
    public async Task DigAsync()
    {
        await Host.ExecuteInsideAsync("ip", "link", "add", "hole", "type", "veth", "peer", "name", "bottom");
        await Host.ExecuteInsideAsync("ip", "address", "add", "203.0.113.2/24", "dev", "hole");
        await Host.ExecuteInsideAsync("ip", "link", "set", "bottom", "up");
        await Host.ExecuteInsideAsync("ip", "link", "set", "hole", "up");
        await Host.ExecuteInsideAsync("ip", "neighbour", "add", "203.0.113.1", "lladdr", "02:00:00:00:00:01", "nud", "permanent", "dev", "hole");
        await Host.ExecuteInsideAsync("ip", "route", "add", "default", "via", "203.0.113.1");
    }
}

/// <summary>A start does not wait for the network.</summary>
public sealed class BlackHoleTests(BlackHoleLab lab, ITestOutputHelper output) : IClassFixture<BlackHoleLab>
{
    [Fact]
    public async Task With_a_default_route_into_nothing_the_agent_is_up_and_ready_as_soon_as_without()
    {
        await lab.DigAsync();
        var unheard = await Assert.ThrowsAsync<InvalidOperationException>(() => lab.Host.ExecuteInsideAsync("curl", "-s", "-m", "1", "https://198.51.100.7/"));
        Assert.Contains("ended with 28", unheard.Message, StringComparison.Ordinal);
        var (alive, ready) = (new List<TimeSpan>(), new List<TimeSpan>());
        foreach (var settings in new[] { [], lab.Outward })
        {
            if (lab.Agent.IsRunning)
            {
                await lab.Agent.StopAsync();
            }

            await using var agent = new AgentProcess(lab.Host, lab.StatePath, settings);
            var clock = Stopwatch.StartNew();
            agent.Start();
            await agent.ServingAsync();
            alive.Add(clock.Elapsed);
            await agent.ReadyAsync();
            ready.Add(clock.Elapsed);
        }

        output.WriteLine($"first 200 after {alive[0].TotalMilliseconds:0} ms without and {alive[1].TotalMilliseconds:0} ms with what is out of reach; ready after {ready[0].TotalMilliseconds:0} and {ready[1].TotalMilliseconds:0} ms");

        // A lookup, a connection or a handshake that was waited for would take its time-out, which is 5 s and more.
        Assert.True(alive[1] < alive[0] + TimeSpan.FromSeconds(3), $"{alive[1]} against {alive[0]}");
        Assert.True(ready[1] < ready[0] + TimeSpan.FromSeconds(3), $"{ready[1]} against {ready[0]}");
    }
}
