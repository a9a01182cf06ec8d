using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Events;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Libvirt;

/// <summary>libvirt's in-memory driver, reached through the daemon: another driver behind the same protocol.</summary>
[Collection(LibvirtHostCollection.Name)]
public sealed class TestDriverContractTests(LibvirtHost host) : IAsyncLifetime
{
    private LibvirtConnection _connection = null!;

    public async Task InitializeAsync() => _connection = await LibvirtConnection.ConnectAsync(host.TestDriverUri);

    public async Task DisposeAsync() => await _connection.DisposeAsync();

    [Fact]
    public async Task Its_domain_answers_every_question()
    {
        Assert.Equal("TEST", await _connection.Host.GetDriverNameAsync());
        var domain = Assert.IsType<DomainRef>(await _connection.Domains.FindAsync("test"));
        Assert.Equal(DomainState.Running, (await _connection.Domains.GetStatusAsync(domain)).State);
        var stats = Assert.Single(await _connection.Domains.GetStatsAsync(DomainStatsGroups.State, domains: [domain]));
        Assert.Equal(DomainState.Running, DomainStatus.From(stats.Parameters)!.Value.State);
        var node = await _connection.Host.GetNodeInfoAsync();
        Assert.Equal("i686", node.CpuModel);
        Assert.Equal(3145728ul, node.MemoryKiB);
        Assert.Equal((16, 1400, 2, 2, 2, 2), (node.Cpus, node.MHz, node.NumaNodes, node.SocketsPerNode, node.CoresPerSocket, node.ThreadsPerCore));
    }

    [Fact]
    public async Task Its_domain_is_stopped_and_started_and_says_so()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var subscription = await _connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle);
        var domain = Assert.IsType<DomainRef>(await _connection.Domains.FindAsync("test"));

        await _connection.Domains.ShutdownAsync(domain);
        await _connection.Domains.StartAsync(domain);
        await _connection.Domains.SuspendAsync(domain);

        var changes = new List<DomainChange>();
        await foreach (var happened in subscription.ReadAllAsync(deadline.Token))
        {
            changes.Add(Assert.IsType<DomainLifecycleEvent>(happened).Change);
            if (changes.Count == 3)
            {
                break;
            }
        }

        Assert.Equal([DomainChange.StoppedShutDown, DomainChange.StartedBooted, DomainChange.SuspendedPaused], changes);
    }

    [Fact]
    public async Task What_a_driver_does_not_have_is_a_typed_error()
    {
        var domain = Assert.IsType<DomainRef>(await _connection.Domains.FindAsync("test"));

        var error = await Assert.ThrowsAsync<LibvirtException>(() => _connection.Domains.RunAgentCommandAsync(domain, "{}"));

        Assert.Equal(LibvirtErrorCode.NoSupport, error.Code);
    }

    [Fact]
    public async Task A_driver_that_does_not_exist_is_a_typed_error()
    {
        var uri = LibvirtUri.Parse($"nonsense+unix:///default?socket={host.SocketPath}");

        var error = await Assert.ThrowsAsync<LibvirtException>(() => LibvirtConnection.ConnectAsync(uri));

        Assert.Equal(LibvirtErrorCode.NoConnect, error.Code);
    }

    [Fact]
    public async Task Five_hundred_domains_are_listed_in_one_call()
    {
        for (var i = 0; i < 500; i++)
        {
            await _connection.Domains.DefineAsync(
                $"<domain type='test'><name>many-{i}</name><memory>1024</memory><os><type>hvm</type></os></domain>");
        }

        Assert.Equal(501, (await _connection.Domains.ListAsync()).Count);
        Assert.Equal(501, (await _connection.Domains.GetStatsAsync(DomainStatsGroups.State)).Count);
    }
}
