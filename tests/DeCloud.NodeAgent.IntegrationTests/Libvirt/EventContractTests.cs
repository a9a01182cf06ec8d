using System.Xml.Linq;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Events;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Libvirt;

[Collection(LibvirtHostCollection.Name)]
public sealed class EventContractTests(LibvirtHost host) : IAsyncLifetime
{
    private readonly Guid _uuid = Guid.NewGuid();
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(60));
    private LibvirtConnection _connection = null!;
    private DomainEventSubscription _subscription = null!;
    private IAsyncEnumerator<DomainEvent> _events = null!;

    private LibvirtDomains Domains => _connection.Domains;

    private string Name => "e-" + _uuid.ToString("n")[..8];

    public async Task InitializeAsync()
    {
        _connection = await host.ConnectAsync();
        _subscription = await _connection.Events.SubscribeAsync(DomainEventKinds.All);
        _events = _subscription.ReadAllAsync(_deadline.Token).GetAsyncEnumerator();
    }

    public async Task DisposeAsync()
    {
        await TinyDomain.RemoveAsync(_connection, _uuid);
        await _events.DisposeAsync();
        await _connection.DisposeAsync();
        _deadline.Dispose();
    }

    [Fact]
    public async Task Every_step_on_request_is_told_in_order_with_its_reason()
    {
        var domain = await DefineAsync();
        await NextAsync(DomainChange.DefinedAdded);
        await DefineAsync();
        await NextAsync(DomainChange.DefinedUpdated);

        var started = await Domains.StartAsync(domain, StartFlags.Paused);
        await NextAsync(DomainChange.StartedBooted);
        var paused = await NextAsync(DomainChange.SuspendedPaused);
        Assert.Equal(started, paused.Domain);

        await Domains.ResumeAsync(domain);
        await NextAsync(DomainChange.ResumedUnpaused);
        await Domains.SuspendAsync(domain);
        await NextAsync(DomainChange.SuspendedPaused);
        await Domains.DestroyAsync(domain);
        await UntilAsync(DomainChange.StoppedDestroyed);
        await Domains.UndefineAsync(domain);
        await NextAsync(DomainChange.UndefinedRemoved);
    }

    [Fact]
    public async Task A_killed_process_is_told_apart_from_a_destroyed_domain()
    {
        var domain = await DefineAsync();
        await Domains.StartAsync(domain, StartFlags.Paused);
        await LibvirtHost.SignalAsync("KILL", host.QemuPid(Name));

        await UntilAsync(DomainChange.StoppedFailed);

        Assert.Equal(DomainStateReason.ShutOffCrashed, (await Domains.GetStatusAsync(domain)).Reason);
    }

    [Fact]
    public async Task A_terminated_process_is_told_apart_from_a_killed_one()
    {
        var domain = await DefineAsync();
        await Domains.StartAsync(domain);
        await LibvirtHost.SignalAsync("TERM", host.QemuPid(Name));

        await UntilAsync(DomainChange.ShutDownByHost);
        await UntilAsync(DomainChange.StoppedShutDown);

        Assert.Equal(DomainStateReason.ShutOffShutDown, (await Domains.GetStatusAsync(domain)).Reason);
    }

    [Fact]
    public async Task A_guest_that_powers_off_is_told_in_two_steps()
    {
        var domain = await DefineAsync(TinyDomain.PowersItselfOff(host));
        await Domains.StartAsync(domain);

        await UntilAsync(DomainChange.ShutDownByGuest);
        await UntilAsync(DomainChange.StoppedShutDown);

        Assert.Equal(DomainStateReason.ShutOffShutDown, (await Domains.GetStatusAsync(domain)).Reason);
    }

    [Fact]
    public async Task A_guest_that_restarts_stays_running()
    {
        var domain = await DefineAsync(TinyDomain.ResetsItself(host));
        await Domains.StartAsync(domain);

        while (await ReadAsync() is not DomainRebootEvent)
        {
        }

        Assert.Equal(DomainState.Running, (await Domains.GetStatusAsync(domain)).State);
    }

    [Fact]
    public async Task A_watchdog_that_runs_out_pauses_the_domain_and_says_so()
    {
        var domain = await DefineAsync(TinyDomain.LetsItsWatchdogRunOut(host));
        await Domains.StartAsync(domain);

        DomainWatchdogEvent? watchdog = null;
        var suspended = false;
        while (watchdog is null || !suspended)
        {
            var happened = await ReadAsync();
            watchdog ??= happened as DomainWatchdogEvent;
            suspended |= happened is DomainLifecycleEvent { Change: DomainChange.SuspendedWatchdog };
        }

        Assert.Equal(WatchdogAction.Pause, watchdog.Action);
        Assert.Equal(DomainStateReason.PausedByWatchdog, (await Domains.GetStatusAsync(domain)).Reason);
    }

    [Fact]
    public async Task A_full_file_system_pauses_the_domain_and_says_so()
    {
        var domain = await DefineAsync(await TinyDomain.FillsItsFileSystemAsync(host));
        await Domains.StartAsync(domain);

        DomainIoErrorEvent? error = null;
        var suspended = false;
        while (error is null || !suspended)
        {
            var happened = await ReadAsync();
            error ??= happened as DomainIoErrorEvent;
            suspended |= happened is DomainLifecycleEvent { Change: DomainChange.SuspendedIoError };
        }

        Assert.Equal("enospc", error.Reason);
        Assert.Equal(IoErrorAction.Pause, error.Action);
        Assert.Equal("virtio-disk0", error.DeviceAlias);
        Assert.EndsWith("/disk.img", error.SourcePath, StringComparison.Ordinal);
        Assert.Equal(DomainStateReason.PausedIoError, (await Domains.GetStatusAsync(domain)).Reason);
    }

    [Fact]
    public async Task After_its_end_a_subscription_can_be_made_anew()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle));
        await _subscription.DisposeAsync();
        Assert.False(await _events.MoveNextAsync());

        await using var again = await _connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle);
        await DefineAsync();
        await using var events = again.ReadAllAsync(_deadline.Token).GetAsyncEnumerator();
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(DomainChange.DefinedAdded, Assert.IsType<DomainLifecycleEvent>(events.Current).Change);
    }

    private Task<DomainRef> DefineAsync(params XElement[] devices) =>
        Domains.DefineAsync(TinyDomain.Xml(Name, _uuid, devices).ToString());

    private async Task<DomainEvent> ReadAsync()
    {
        do
        {
            Assert.True(await _events.MoveNextAsync(), "the events ended");
        }
        while (_events.Current.Domain.Uuid != _uuid);
        return _events.Current;
    }

    private async Task<DomainLifecycleEvent> NextAsync(DomainChange expected)
    {
        var happened = Assert.IsType<DomainLifecycleEvent>(await ReadAsync());
        Assert.Equal(expected, happened.Change);
        return happened;
    }

    private async Task UntilAsync(DomainChange expected)
    {
        while (await ReadAsync() is not DomainLifecycleEvent { Change: var change } || change != expected)
        {
        }
    }
}
