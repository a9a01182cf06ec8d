using System.Diagnostics;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Events;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Libvirt;

/// <summary>What a daemon that hangs, stops or dies does to a connection. It has a host of its own.</summary>
public sealed class DaemonFaultTests(LibvirtHost host) : IClassFixture<LibvirtHost>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_call_to_a_hung_daemon_ends_by_its_deadline_and_its_late_reply_is_ignored()
    {
        await using var connection = await host.ConnectAsync(new LibvirtConnectionOptions { KeepAliveCount = 0 });
        await host.PauseLibvirtdAsync();
        try
        {
            var clock = Stopwatch.StartNew();
            var timeout = await Assert.ThrowsAsync<LibvirtTimeoutException>(() =>
                connection.Domains.Within(TimeSpan.FromMilliseconds(500)).ListAsync());
            Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(450), TimeSpan.FromSeconds(2));
            Assert.True(timeout.WasSent);
            Assert.Equal(1, connection.AbandonedCalls);
        }
        finally
        {
            await host.ResumeLibvirtdAsync();
        }

        Assert.Equal("QEMU", await connection.Host.GetDriverNameAsync());
        await connection.Domains.ListAsync();
        Assert.Equal(0, connection.AbandonedCalls);
        Assert.False(connection.Closed.IsCompleted);
    }

    [Fact]
    public async Task Connecting_to_a_hung_daemon_ends_by_its_deadline()
    {
        await host.PauseLibvirtdAsync();
        try
        {
            var clock = Stopwatch.StartNew();
            await Assert.ThrowsAsync<LibvirtTimeoutException>(() =>
                host.ConnectAsync(new LibvirtConnectionOptions { ConnectDeadline = TimeSpan.FromMilliseconds(500) }));
            Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(450), TimeSpan.FromSeconds(2));
        }
        finally
        {
            await host.ResumeLibvirtdAsync();
        }
    }

    [Fact]
    public async Task Keepalive_gives_a_hung_daemon_up()
    {
        await using var connection = await host.ConnectAsync(new LibvirtConnectionOptions
        {
            KeepAliveInterval = TimeSpan.FromMilliseconds(200),
            KeepAliveCount = 3,
        });
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.False(connection.Closed.IsCompleted, "an idle but healthy daemon was given up");
        await host.PauseLibvirtdAsync();
        try
        {
            var call = connection.Domains.ListAsync();
            var reason = await connection.Closed.WaitAsync(Patience);
            Assert.Equal(LibvirtCloseKind.KeepAliveTimeout, reason.Kind);
            var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => call);
            Assert.True(lost.WasSent);
        }
        finally
        {
            await host.ResumeLibvirtdAsync();
        }
    }

    [Fact]
    public async Task A_daemon_that_asks_for_signs_of_life_gets_them()
    {
        await host.StopLibvirtdAsync();
        await File.AppendAllTextAsync(host.Inside("etc/libvirt", "libvirtd.conf"), "\nkeepalive_interval = 1\nkeepalive_count = 1\n");
        await host.StartLibvirtdAsync();
        await using var connection = await host.ConnectAsync(new LibvirtConnectionOptions { KeepAliveCount = 0 });

        // An unanswered question would have closed the connection after two seconds.
        Assert.NotSame(connection.Closed, await Task.WhenAny(connection.Closed, Task.Delay(TimeSpan.FromSeconds(5))));

        await connection.Domains.ListAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_daemon_that_ends_is_noticed_and_domains_outlive_it(bool killed)
    {
        var uuid = Guid.NewGuid();
        await using (var connection = await host.ConnectAsync())
        {
            var domain = await connection.Domains.DefineAsync(TinyDomain.Xml("f-" + uuid.ToString("n")[..8], uuid).ToString());
            await connection.Domains.StartAsync(domain, StartFlags.Paused);
            var subscription = await connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle);
            await using var events = subscription.ReadAllAsync().GetAsyncEnumerator();

            await (killed ? host.KillLibvirtdAsync() : host.StopLibvirtdAsync());

            Assert.Equal(LibvirtCloseKind.PeerClosed, (await connection.Closed.WaitAsync(Patience)).Kind);
            await Assert.ThrowsAsync<LibvirtConnectionLostException>(async () => await events.MoveNextAsync());
            var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => connection.Domains.ListAsync());
            Assert.False(lost.WasSent);
            var unreachable = await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => host.ConnectAsync());
            Assert.Equal(LibvirtCloseKind.Unreachable, unreachable.Reason.Kind);
        }

        await host.StartLibvirtdAsync();
        await using var again = await host.ConnectAsync();
        var found = Assert.IsType<DomainRef>(await again.Domains.FindAsync(uuid));
        Assert.Equal(DomainState.Paused, (await again.Domains.GetStatusAsync(found)).State);
        await TinyDomain.RemoveAsync(again, uuid);
    }

    [Fact]
    public async Task A_hung_qemu_keeps_its_own_calls_waiting_and_nobody_else()
    {
        await using var connection = await host.ConnectAsync();
        var uuid = Guid.NewGuid();
        var name = "h-" + uuid.ToString("n")[..8];
        var domain = await connection.Domains.DefineAsync(TinyDomain.Xml(name, uuid).ToString());
        await connection.Domains.StartAsync(domain);
        var pid = host.QemuPid(name);
        await LibvirtHost.SignalAsync("STOP", pid);
        try
        {
            await Assert.ThrowsAsync<LibvirtTimeoutException>(() =>
                connection.Domains.Within(TimeSpan.FromMilliseconds(500)).SuspendAsync(domain));
            Assert.Equal(DomainState.Running, (await connection.Domains.GetStatusAsync(domain)).State);
            Assert.Single(await connection.Domains.GetStatsAsync(DomainStatsGroups.State, DomainStatsFlags.Active));
        }
        finally
        {
            await LibvirtHost.SignalAsync("CONT", pid);
        }

        await TinyDomain.RemoveAsync(connection, uuid);
    }

    [Fact]
    public async Task Leaving_writes_no_error_into_the_log_of_the_daemon()
    {
        var log = host.Inside("log", "libvirtd.log");
        var before = (await File.ReadAllLinesAsync(log)).Length;

        await using (await host.ConnectAsync())
        {
        }

        await using var other = await host.ConnectAsync();
        await other.Domains.ListAsync();
        Assert.DoesNotContain((await File.ReadAllLinesAsync(log)).Skip(before), line => line.Contains("error", StringComparison.OrdinalIgnoreCase));
    }
}
