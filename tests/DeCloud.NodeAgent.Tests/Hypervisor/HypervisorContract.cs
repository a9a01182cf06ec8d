using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Hypervisor;

/// <summary>What everybody who uses <see cref="IHypervisor"/> may count on, whichever hypervisor is behind it.</summary>
public abstract class HypervisorContract : IAsyncLifetime
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromMinutes(2));
    private IAsyncEnumerator<DomainEvent> _events = null!;

    /// <summary>The hypervisor, with acceleration or leave to emulate.</summary>
    protected abstract IHypervisor Hypervisor { get; }

    /// <summary>The same host, with neither acceleration nor leave to emulate.</summary>
    protected abstract IHypervisor WithoutAcceleration { get; }

    /// <summary>A session, and the events that are read from it.</summary>
    protected IHypervisorSession Session { get; private set; } = null!;

    /// <summary>Ends what takes too long.</summary>
    protected CancellationToken Deadline => _deadline.Token;

    /// <summary>A domain that can be defined, its files included.</summary>
    protected abstract Task<DomainSpec> PrepareAsync(Guest guest);

    /// <summary>Lets a guest that runs do what it does, where it does not do so by itself.</summary>
    protected abstract Task LetActAsync(VmId id, Guest guest);

    /// <summary>Ends a domain's process at once.</summary>
    protected abstract Task KillAsync(VmId id);

    /// <summary>A domain, not stopped, that the agent did not make.</summary>
    protected abstract Task PlantForeignAsync(Guid id, string name);

    /// <summary>Everything that the hypervisor knows about a domain.</summary>
    protected abstract Task<string> DescribeAsync(Guid id);

    /// <summary>Ends the hypervisor's daemon; domains live on.</summary>
    protected abstract Task TakeAwayAsync();

    /// <summary>Starts the daemon again.</summary>
    protected abstract Task BringBackAsync();

    /// <inheritdoc/>
    public virtual async Task InitializeAsync()
    {
        Session = await Hypervisor.ConnectAsync(Deadline);
        _events = Session.EventsAsync(Deadline).GetAsyncEnumerator();
    }

    /// <inheritdoc/>
    public virtual async Task DisposeAsync()
    {
        await Session.DisposeAsync();
        await _events.DisposeAsync();
        _deadline.Dispose();
    }

    [Fact]
    public async Task A_domain_lives_its_whole_life()
    {
        var domain = await PrepareAsync(Guest.Idles);
        Assert.Null(await Session.LookAsync(domain.Id, Deadline));

        var defined = await Session.DefineAsync(domain, Deadline);
        Assert.Equal(new(domain.Id.Value, domain.Id.DomainName, PowerState.Stopped, PowerReason.Unspecified), defined);
        Assert.Equal(defined, await Session.LookAsync(domain.Id, Deadline));
        await Session.StartAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Running, PowerReason.Booted);
        await Session.SuspendAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Paused, PowerReason.UserPaused);
        await Session.ResumeAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Running, PowerReason.Resumed);
        await Session.ResetAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Running);
        await Session.DestroyAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Stopped, PowerReason.Destroyed);
        await Session.UndefineAsync(domain.Id, Deadline);
        Assert.Null(await Session.LookAsync(domain.Id, Deadline));
    }

    [Fact]
    public async Task Defining_again_changes_no_state()
    {
        var domain = await DefinedAsync();
        Assert.Null(await Session.DefineAsync(domain, Deadline));
        await AssertIsAsync(domain.Id, PowerState.Stopped);

        await Session.StartAsync(domain.Id, Deadline);
        Assert.Null(await Session.DefineAsync(domain, Deadline));
        await AssertIsAsync(domain.Id, PowerState.Running);
    }

    [Fact]
    public async Task Starting_what_runs_is_no_error_and_starts_nothing()
    {
        var domain = await RunningAsync();
        var before = await DescribeAsync(domain.Id.Value);
        await Session.StartAsync(domain.Id, Deadline);
        Assert.Equal(before, await DescribeAsync(domain.Id.Value));

        await Session.SuspendAsync(domain.Id, Deadline);
        await Session.StartAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Paused);
    }

    [Fact]
    public async Task Suspending_and_resuming_twice_is_once()
    {
        var domain = await RunningAsync();
        await Session.ResumeAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Running);

        await Session.SuspendAsync(domain.Id, Deadline);
        await Session.SuspendAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Paused);

        await Session.ResumeAsync(domain.Id, Deadline);
        await Session.ResumeAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Running);
    }

    [Fact]
    public async Task Cutting_the_power_of_what_is_off_or_absent_is_no_error()
    {
        var domain = await PrepareAsync(Guest.Idles);
        await Session.DestroyAsync(domain.Id, Deadline);
        await Session.DefineAsync(domain, Deadline);
        await Session.DestroyAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Stopped);

        await Session.StartAsync(domain.Id, Deadline);
        await Session.SuspendAsync(domain.Id, Deadline);
        await Session.DestroyAsync(domain.Id, Deadline);
        await Session.DestroyAsync(domain.Id, Deadline);
        await AssertIsAsync(domain.Id, PowerState.Stopped, PowerReason.Destroyed);
    }

    [Fact]
    public async Task Undefining_what_is_absent_is_no_error()
    {
        var domain = await DefinedAsync();
        await Session.UndefineAsync(domain.Id, Deadline);
        await Session.UndefineAsync(domain.Id, Deadline);
        Assert.Null(await Session.LookAsync(domain.Id, Deadline));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_runs_is_not_undefined(bool isPaused)
    {
        var domain = await RunningAsync();
        if (isPaused)
        {
            await Session.SuspendAsync(domain.Id, Deadline);
        }

        var before = await DescribeAsync(domain.Id.Value);
        await AssertFailsAsync(FailureCodes.HypervisorError, () => Session.UndefineAsync(domain.Id, Deadline));
        Assert.Equal(before, await DescribeAsync(domain.Id.Value));
    }

    [Fact]
    public async Task What_needs_a_machine_that_runs_fails_without_one()
    {
        var domain = await PrepareAsync(Guest.Idles);
        Func<Task>[] all =
        [
            () => Session.SuspendAsync(domain.Id, Deadline),
            () => Session.ResumeAsync(domain.Id, Deadline),
            () => Session.RebootAsync(domain.Id, Deadline),
            () => Session.ResetAsync(domain.Id, Deadline),
        ];
        foreach (var call in all.Append(() => Session.StartAsync(domain.Id, Deadline)).Append(() => Session.ShutdownAsync(domain.Id, Deadline)))
        {
            await AssertFailsAsync(FailureCodes.HypervisorError, call);
        }

        await Session.DefineAsync(domain, Deadline);
        foreach (var call in all)
        {
            await AssertFailsAsync(FailureCodes.HypervisorError, call);
            await AssertIsAsync(domain.Id, PowerState.Stopped);
        }

        await Session.ShutdownAsync(domain.Id, Deadline);
        Assert.Null(await Session.VncSocketAsync(domain.Id, Deadline));
    }

    [Fact]
    public async Task Usage_is_told_of_the_domains_that_are_alive_and_of_no_other()
    {
        var stopped = await PrepareAsync(Guest.Idles);
        var running = await PrepareAsync(Guest.Idles);
        await Session.DefineAsync(stopped, Deadline);
        await Session.DefineAsync(running, Deadline);
        await Session.StartAsync(running.Id, Deadline);

        var usage = await Session.UsageAsync(Deadline);

        Assert.DoesNotContain(usage, u => u.Id == stopped.Id.Value);
        var one = Assert.Single(usage, u => u.Id == running.Id.Value);
        Assert.NotNull(one.ReceiveBytes);
        Assert.NotNull(one.TransmitBytes);
        await Session.SuspendAsync(running.Id, Deadline);
        Assert.Contains(await Session.UsageAsync(Deadline), u => u.Id == running.Id.Value);
        await Session.DestroyAsync(running.Id, Deadline);
        Assert.DoesNotContain(await Session.UsageAsync(Deadline), u => u.Id == running.Id.Value);
    }

    [Fact]
    public async Task A_list_holds_every_domain_with_its_state()
    {
        var stopped = await DefinedAsync();
        var running = await RunningAsync();
        var foreign = Guid.NewGuid();
        await PlantForeignAsync(foreign, $"foreign-{foreign:n}");

        var list = await Session.ListAsync(Deadline);

        Assert.Equal(list.Count, list.DistinctBy(d => d.Id).Count());
        foreach (var id in new[] { stopped.Id, running.Id, new VmId(foreign) })
        {
            Assert.Equal(await Session.LookAsync(id, Deadline), Assert.Single(list, d => d.Id == id.Value));
        }

        Assert.Equal($"foreign-{foreign:n}", list.Single(d => d.Id == foreign).Name);
    }

    [Fact]
    public async Task A_foreign_domain_with_the_uuid_of_a_vm_is_refused_and_left_untouched()
    {
        var domain = await PrepareAsync(Guest.Idles);
        var id = domain.Id;
        await PlantForeignAsync(id.Value, $"foreign-{id}");
        var before = await DescribeAsync(id.Value);
        Func<Task>[] all =
        [
            () => Session.DefineAsync(domain, Deadline),
            () => Session.StartAsync(id, Deadline),
            () => Session.ShutdownAsync(id, Deadline),
            () => Session.RebootAsync(id, Deadline),
            () => Session.ResetAsync(id, Deadline),
            () => Session.SuspendAsync(id, Deadline),
            () => Session.ResumeAsync(id, Deadline),
            () => Session.DestroyAsync(id, Deadline),
            () => Session.UndefineAsync(id, Deadline),
        ];
        foreach (var call in all)
        {
            Assert.True((await AssertFailsAsync(FailureCodes.ForeignDomain, call)).IsPermanent);
        }

        Assert.Equal(before, await DescribeAsync(id.Value));
    }

    [Fact]
    public async Task Changes_of_state_are_told_in_order()
    {
        var domain = await PrepareAsync(Guest.Idles);
        await Session.DefineAsync(domain, Deadline);
        await Session.DefineAsync(domain, Deadline);
        await Session.StartAsync(domain.Id, Deadline);
        await Session.SuspendAsync(domain.Id, Deadline);
        await Session.ResumeAsync(domain.Id, Deadline);
        await Session.DestroyAsync(domain.Id, Deadline);
        await Session.UndefineAsync(domain.Id, Deadline);

        var told = new List<PowerState>();
        while (true)
        {
            var happened = await NextAsync(domain.Id);
            if (happened.Status is not { } status)
            {
                continue;
            }

            Assert.Equal((domain.Id.Value, domain.Id.DomainName), (status.Id, status.Name));
            if (told.Count == 0 || told[^1] != status.State)
            {
                told.Add(status.State);
            }

            if (happened.Kind == DomainEventKind.Removed)
            {
                break;
            }
        }

        Assert.Equal([PowerState.Stopped, PowerState.Running, PowerState.Paused, PowerState.Running, PowerState.Stopped, PowerState.Absent], told);
    }

    [Fact]
    public async Task A_guest_that_reboots_is_told_and_stays_running()
    {
        var domain = await RunningAsync(Guest.Reboots);
        await LetActAsync(domain.Id, Guest.Reboots);

        DomainEvent happened;
        do
        {
            happened = await NextAsync(domain.Id);
            Assert.NotEqual(DomainEventKind.Removed, happened.Kind);
        }
        while (happened.Kind != DomainEventKind.Rebooted);

        Assert.Null(happened.Status);
        await AssertIsAsync(domain.Id, PowerState.Running);
    }

    [Fact]
    public async Task A_guest_that_powers_off_is_told_apart()
    {
        var domain = await RunningAsync(Guest.PowersOff);
        await LetActAsync(domain.Id, Guest.PowersOff);
        await UntilStoppedAsync(domain.Id);
        await AssertIsAsync(domain.Id, PowerState.Stopped, PowerReason.GuestShutdown);
    }

    [Fact]
    public async Task A_process_that_was_killed_is_told_apart()
    {
        var domain = await RunningAsync();
        await KillAsync(domain.Id);
        await UntilStoppedAsync(domain.Id);
        await AssertIsAsync(domain.Id, PowerState.Stopped, PowerReason.Crashed);
    }

    [Fact]
    public async Task A_lost_session_says_why_fails_every_call_and_a_new_one_finds_everything_again()
    {
        var domain = await RunningAsync();
        await TakeAwayAsync();

        Assert.NotEmpty(await Session.Closed.WaitAsync(Deadline));
        await AssertIsOverAsync(Session, domain);
        await AssertFailsAsync(FailureCodes.HypervisorUnavailable, async () =>
        {
            while (await _events.MoveNextAsync())
            {
            }
        });
        await AssertFailsAsync(FailureCodes.HypervisorUnavailable, async () => await (await Hypervisor.ConnectAsync(Deadline)).DisposeAsync());

        await BringBackAsync();
        await using var again = await Hypervisor.ConnectAsync(Deadline);
        Assert.Equal(PowerState.Running, (await again.LookAsync(domain.Id, Deadline))!.State);
        Assert.Contains(await again.ListAsync(Deadline), d => d.Id == domain.Id.Value && d.State == PowerState.Running);
        await again.DestroyAsync(domain.Id, Deadline);
        Assert.Equal(PowerState.Stopped, (await again.LookAsync(domain.Id, Deadline))!.State);
    }

    [Fact]
    public async Task A_session_that_was_disposed_is_over_for_every_call()
    {
        var domain = await DefinedAsync();
        await Session.DisposeAsync();

        Assert.NotEmpty(await Session.Closed.WaitAsync(Deadline));
        await AssertIsOverAsync(Session, domain);
        while (await _events.MoveNextAsync())
        {
        }
    }

    [Fact]
    public async Task Without_acceleration_nothing_is_defined_and_everything_can_be_looked_at()
    {
        var running = await RunningAsync();
        var domain = await PrepareAsync(Guest.Idles);
        await using var session = await WithoutAcceleration.ConnectAsync(Deadline);

        Assert.Equal(Acceleration.None, session.Facts.Acceleration);
        Assert.NotEmpty(session.Facts.AccelerationReason);
        var refused = await AssertFailsAsync(FailureCodes.NoAcceleration, () => session.DefineAsync(domain, Deadline));
        Assert.True(refused.IsPermanent);
        Assert.Null(await session.LookAsync(domain.Id, Deadline));
        Assert.Equal(PowerState.Running, (await session.LookAsync(running.Id, Deadline))!.State);
    }

    /// <summary>Fails unless a call fails for this cause.</summary>
    protected static async Task<Failure> AssertFailsAsync(string code, Func<Task> call)
    {
        var failure = (await Assert.ThrowsAsync<FailureException>(call)).Failure;
        Assert.Equal(code, failure.Code);
        Assert.NotEmpty(failure.Message);
        return failure;
    }

    /// <summary>Fails unless every call says that the session is lost.</summary>
    protected async Task AssertIsOverAsync(IHypervisorSession session, DomainSpec domain)
    {
        Func<Task>[] all =
        [
            () => session.ListAsync(Deadline),
            () => session.UsageAsync(Deadline),
            () => session.LookAsync(domain.Id, Deadline),
            () => session.DefineAsync(domain, Deadline),
            () => session.StartAsync(domain.Id, Deadline),
            () => session.ShutdownAsync(domain.Id, Deadline),
            () => session.RebootAsync(domain.Id, Deadline),
            () => session.ResetAsync(domain.Id, Deadline),
            () => session.SuspendAsync(domain.Id, Deadline),
            () => session.ResumeAsync(domain.Id, Deadline),
            () => session.DestroyAsync(domain.Id, Deadline),
            () => session.UndefineAsync(domain.Id, Deadline),
            () => session.LeasesAsync(Deadline),
            () => session.VncSocketAsync(domain.Id, Deadline),
        ];
        foreach (var call in all)
        {
            Assert.False((await AssertFailsAsync(FailureCodes.HypervisorUnavailable, call)).IsPermanent);
        }
    }

    /// <summary>A domain that is defined.</summary>
    protected async Task<DomainSpec> DefinedAsync(Guest guest = Guest.Idles)
    {
        var domain = await PrepareAsync(guest);
        await Session.DefineAsync(domain, Deadline);
        return domain;
    }

    /// <summary>A domain that was started.</summary>
    protected async Task<DomainSpec> RunningAsync(Guest guest = Guest.Idles)
    {
        var domain = await DefinedAsync(guest);
        await Session.StartAsync(domain.Id, Deadline);
        return domain;
    }

    /// <summary>Fails unless a domain is in a state.</summary>
    protected async Task AssertIsAsync(VmId id, PowerState state, PowerReason? reason = null)
    {
        var status = Assert.IsType<DomainStatus>(await Session.LookAsync(id, Deadline));
        Assert.Equal((state, reason ?? status.Reason), (status.State, status.Reason));
    }

    /// <summary>The next event of a domain.</summary>
    protected async Task<DomainEvent> NextAsync(VmId id)
    {
        do
        {
            Assert.True(await _events.MoveNextAsync(), "the events ended");
        }
        while (_events.Current.Id != id.Value);
        return _events.Current;
    }

    private async Task UntilStoppedAsync(VmId id)
    {
        // The first one is its definition.
        var hasRun = false;
        while (true)
        {
            switch ((await NextAsync(id)).Status?.State)
            {
                case PowerState.Running:
                    hasRun = true;
                    break;
                case PowerState.Stopped when hasRun:
                    return;
            }
        }
    }
}
