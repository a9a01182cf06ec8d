using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Windows;

/// <summary>What the agent tells of a Windows machine, held against what the Linux machine below Wine says of itself.</summary>
public sealed class WindowsMachineTests(WineHost host) : IClassFixture<WineHost>
{
    private static readonly string[] WidespreadFlags = ["sse4_1", "sse4_2", "popcnt", "aes", "avx2"];

    [Fact]
    public async Task What_the_machine_has_is_told_as_the_machine_below_knows_it()
    {
        await using var agent = await WindowsAgent.StartAsync(host);
        var told = await ResourcesAsync(agent.Api);

        Assert.Contains("Windows", told.Host.OperatingSystem, StringComparison.Ordinal);
        Assert.Equal(("x86_64", "none"), (told.Host.Architecture, told.Host.Confinement));
        Assert.False(string.IsNullOrEmpty(told.Host.Hostname));
        Assert.InRange((TimeProvider.System.GetUtcNow() - TimeSpan.FromMilliseconds(Environment.TickCount64) - told.Host.BootedAt!.Value).Duration(), TimeSpan.Zero, TimeSpan.FromMinutes(1));

        var processors = Processors();
        var first = processors[0];
        Assert.Equal((first["model name"], first["vendor_id"]), (told.Cpu.Model, told.Cpu.Vendor));
        Assert.Equal(processors.Count, told.Cpu.Threads);
        Assert.Equal(processors.Select(p => (p.GetValueOrDefault("physical id"), p.GetValueOrDefault("core id", p["processor"]))).Distinct().Count(), told.Cpu.Cores);
        Assert.Equal(processors.Select(p => p.GetValueOrDefault("physical id")).Distinct().Count(), told.Cpu.Sockets);
        Assert.Equal(WidespreadFlags.Intersect(first["flags"].Split(' ')).Order(), WidespreadFlags.Intersect(told.Cpu.Flags).Order());
        Assert.True(told.Cpu.BaseFrequencyMegahertz is > 100 and < 10_000, $"{told.Cpu.BaseFrequencyMegahertz} MHz");
        Assert.Equal(processors.Count, told.Cpu.NumaNodes.Sum(n => n.Threads));

        Near(Memory("MemTotal"), told.Memory.TotalBytes, 0.01, Memory("MemTotal"));

        var drive = new DriveInfo(host.DriveC);
        var c = told.Storage.FileSystems.Single(f => f.MountPoint == @"C:\");
        Assert.Equal(drive.TotalSize, c.TotalBytes);
        Near(drive.AvailableFreeSpace, c.AvailableBytes!.Value, 0.05, drive.TotalSize);

        Assert.Equal(("loopback", "up"), (Interface(told, "lo").Kind, Interface(told, "lo").State));
        Assert.Contains("127.0.0.1/8", Interface(told, "lo").Addresses);
        foreach (var below in Uplinks())
        {
            var @interface = Interface(told, below.Name);
            Assert.Equal(string.Join(':', below.GetPhysicalAddress().GetAddressBytes().Select(b => b.ToString("x2", CultureInfo.InvariantCulture))), @interface.MacAddress);
            Assert.Equal(("ethernet", "up", below.GetIPProperties().GetIPv4Properties().Mtu), (@interface.Kind, @interface.State, @interface.MtuBytes));
            Assert.Superset(
                below.GetIPProperties().UnicastAddresses.Where(a => a.Address.AddressFamily == AddressFamily.InterNetwork).Select(a => $"{a.Address}/{a.PrefixLength}").ToHashSet(), @interface.Addresses.ToHashSet());
            Assert.Contains(told.Network.DefaultRoutes, r => r.Interface == below.Name && r.Gateway == below.GetIPProperties().GatewayAddresses[0].Address.ToString());
        }

        // Wine brings no PowerShell that knows CIM, and nothing else is missing.
        Assert.Contains("PowerShell", Assert.Single(told.Gaps), StringComparison.Ordinal);
        foreach (var part in new[] { "cpu", "memory", "storage", "gpus", "network" })
        {
            Assert.Equal(HttpStatusCode.OK, (await agent.Api.SendAsync(HttpMethod.Get, "/api/node/resources/" + part)).Status);
        }

        Assert.Equal(0, await agent.StopAsync());
    }

    [Fact]
    public async Task What_the_machine_does_is_told_every_second()
    {
        await using var agent = await WindowsAgent.StartAsync(host);
        await ResourcesAsync(agent.Api);
        var before = await SnapshotAsync(agent.Api, default);

        // Its own questions are traffic on the loopback interface, and this test keeps a processor busy.
        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var work = Task.Run(() =>
        {
            while (!enough.IsCancellationRequested)
            {
                Thread.SpinWait(1000);
            }
        });
        var after = await Patience.UntilAsync(
            "the load and the traffic show", TimeSpan.FromSeconds(15), async () => await SnapshotAsync(agent.Api, before.At) is { Cpu: { } cpu } seen
                && cpu.BusyPercent > 60.0 / Environment.ProcessorCount && seen.Interfaces.Any(i => i is { Name: "lo", ReceiveBytesPerSecond: > 0, TransmitPacketsPerSecond: > 0 }) ? seen : null);
        await enough.CancelAsync();
        await work;

        Assert.InRange(after.IntervalSeconds!.Value, 0.2, 5);
        Assert.InRange(after.Cpu!.BusyPercent + after.Cpu.IdlePercent, 99, 101);
        Near(Memory("MemTotal"), after.Memory!.TotalBytes, 0.01, Memory("MemTotal"));
        Near(Memory("MemAvailable"), after.Memory.AvailableBytes!.Value, 0.2, Memory("MemTotal"));
        var drive = new DriveInfo(host.DriveC);
        var space = Assert.Single(after.FileSystems);
        Assert.Equal((@"C:\", drive.TotalSize), (space.MountPoint, space.TotalBytes));
        Near(drive.AvailableFreeSpace, space.AvailableBytes, 0.05, drive.TotalSize);
        Assert.Contains("VMs run on Linux only", after.Vms.Reason, StringComparison.Ordinal);

        var health = await agent.Api.GetAsync("/health", RestJson.Default.HealthResource);
        Assert.Equal("ok", health.Checks.Single(c => c.Name == "hypervisor").Status);
        Assert.DoesNotContain("libvirt", string.Join(' ', health.Checks.Select(c => c.Reason)), StringComparison.Ordinal);
        Assert.Equal(0, await agent.StopAsync());
    }

    [Fact]
    public async Task The_tunnel_that_its_owner_shall_import_is_written_and_follows_the_peers()
    {
        await using var agent = await WindowsAgent.StartAsync(host, "WireGuard:Address=10.80.0.7/16");
        var file = Path.Combine(host.DefaultState, "wireguard", "wg0.conf");
        var status = await Patience.UntilAsync(
            "the file is announced", TimeSpan.FromSeconds(20),
            async () => await agent.Api.GetAsync("/api/wireguard", RestJson.Default.WireGuardResource) is { State: "unavailable" } told && told.Reason?.Contains("Import tunnel", StringComparison.Ordinal) == true ? told : null, () => agent.Log);
        Assert.Contains(@"C:\ProgramData\DeCloud\wireguard\wg0.conf", status.Reason, StringComparison.Ordinal);
        var text = await File.ReadAllTextAsync(file);
        Assert.StartsWith("[Interface]\nPrivateKey = ", text, StringComparison.Ordinal);
        Assert.Contains("\nListenPort = 51820\nAddress = 10.80.0.7/16\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain(text.Split('\n')[1]["PrivateKey = ".Length..], agent.Log, StringComparison.Ordinal);

        const string peer = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=";
        var put = await agent.Api.SendAsync(HttpMethod.Put, $"/api/wireguard/peers/{Uri.EscapeDataString(peer)}", """{"endpoint":"192.0.2.2:51820","allowedIps":["10.80.0.2/32"],"keepaliveSeconds":25}""");
        Assert.True(put.Status is HttpStatusCode.OK or HttpStatusCode.Created or HttpStatusCode.NoContent, put.ToString());
        await Patience.UntilAsync(
            "the peer is in the file", TimeSpan.FromSeconds(40),
            async () => (await File.ReadAllTextAsync(file)).Contains($"[Peer]\nPublicKey = {peer}\nAllowedIPs = 10.80.0.2/32\nEndpoint = 192.0.2.2:51820\nPersistentKeepalive = 25\n", StringComparison.Ordinal), () => agent.Log);
        Assert.Equal(0, await agent.StopAsync());
    }

    private static Task<NodeResources> ResourcesAsync(AgentApi api) => Patience.UntilAsync(
        "the machine was looked at", TimeSpan.FromSeconds(30), async () => await api.SendAsync(HttpMethod.Get, "/api/node/resources") is { Status: HttpStatusCode.OK } answer ? answer.As(RestJson.Default.NodeResources) : null);

    private static Task<NodeSnapshot> SnapshotAsync(AgentApi api, DateTimeOffset after) => Patience.UntilAsync(
        "its counters were looked at", TimeSpan.FromSeconds(15),
        async () => await api.SendAsync(HttpMethod.Get, "/api/node/snapshot") is { Status: HttpStatusCode.OK } answer && answer.As(RestJson.Default.NodeSnapshot) is { Cpu: not null } told && told.At > after ? told : null);

    private static InterfaceResource Interface(NodeResources told, string name) => told.Network.Interfaces.Single(i => i.Name == name);

    private static void Near(long expected, long told, double tolerance, long whole) =>
        Assert.True(Math.Abs(told - expected) <= tolerance * whole, $"{told} is too far from {expected}.");

    private static List<Dictionary<string, string>> Processors() =>
    [
        .. File.ReadAllText("/proc/cpuinfo").Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(block => block.Split('\n').Select(line => line.Split(':', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0].Trim(), p => p[1].Trim()))
            .Where(p => p.ContainsKey("processor")),
    ];

    private static long Memory(string name) =>
        long.Parse(File.ReadLines("/proc/meminfo").Single(l => l.StartsWith(name + ":", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;

    // Bridges and pairs of other tests come and go; what leads out of the machine stays.
    private static IEnumerable<NetworkInterface> Uplinks() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(i => i is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: NetworkInterfaceType.Ethernet } && i.GetIPProperties().GatewayAddresses.Any(g => g.Address.AddressFamily == AddressFamily.InterNetwork && !g.Address.Equals(IPAddress.Any)));
}
