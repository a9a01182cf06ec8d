using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>VMs that go down by themselves, by their guest or by a hand from outside: each is told apart and treated as it should be.</summary>
public sealed class CrashTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_killed_qemu_is_seen_and_started_again_after_a_pause()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));

        var observer = await Lab.ObserverAsync();
        var domain = (await observer.Domains.FindAsync(vm.Id))!.Value;
        await LibvirtHost.SignalAsync("KILL", qemu);
        await Patience.UntilAsync("libvirt sees the crash", Soon, async () => (await observer.Domains.GetStatusAsync(domain)).State == DomainState.ShutOff);
        var crashed = await Lab.Api.UntilVmAsync(vm.Id, "the crash is seen", Soon, v => v.Crashes == 1);
        Assert.Equal(("stopped", "crashed"), (crashed.Status.State, crashed.Status.Reason));
        Assert.Equal(("running", "vm-crashed"), (crashed.Intent.State, crashed.Failure?.Code));
        Assert.True(crashed.Failure!.NextTryAt > crashed.Failure.At, "there is no pause");

        var again = await Lab.Api.UntilVmAsync(vm.Id, "the VM runs again", Soon, v => v.Status.State == "running" && v.Step is null);
        Assert.True(again.Status.Since >= crashed.Failure.NextTryAt, "it was not waited");
        Assert.Equal((1, null), (again.Crashes, again.Failure));
        Assert.NotEqual(qemu, Assert.Single(Lab.Invariants.QemusOf(vm.Id)));
        Assert.Single(await Lab.Api.HistoryAsync(vm.Id), e => e.Type == "crashed");
        await Lab.Invariants.AssertAsync();

        await LibvirtHost.SignalAsync("KILL", Lab.Invariants.QemusOf(vm.Id)[0]);
        var second = await Lab.Api.UntilVmAsync(vm.Id, "the second crash is seen", Soon, v => v.Crashes == 2 && v.Failure is not null);
        Assert.True(second.Failure!.NextTryAt - second.Failure.At > crashed.Failure.NextTryAt - crashed.Failure.At, "the pause does not grow");
        await Lab.Api.UntilVmAsync(vm.Id, "the VM runs again", Soon, v => v.Status.State == "running" && v.Step is null);
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task A_guest_that_powers_off_stays_off_over_a_restart_of_the_agent()
    {
        var vm = await Lab.ReadyVmAsync();
        await AgentLab.AskGuestAsync(vm, "cgi-bin/poweroff");
        var off = await Lab.Api.UntilVmAsync(vm.Id, "the VM is off", Soon, v => v.Status.State == "stopped");
        Assert.Equal("guest-shutdown", off.Status.Reason);
        Assert.Equal(("stopped", "guest"), (off.Intent.State, off.Intent.By));
        await Lab.Agent.RestartAsync();
        await Lab.Invariants.AssertAsync();
        Assert.Equal(("stopped", "guest"), StateOf(await Lab.Api.VmAsync(vm.Id)));
        Assert.Empty(Lab.Invariants.QemusOf(vm.Id));
    }

    [Fact]
    public async Task A_guest_that_reboots_stays_running_in_the_same_qemu()
    {
        var vm = await Lab.ReadyVmAsync();
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));
        await AgentLab.AskGuestAsync(vm, "cgi-bin/reboot");
        await Lab.GuestReadyAsync(vm.Id, 2);
        Assert.Contains("boot: 2\n", await AgentLab.AskGuestAsync(vm, ""), StringComparison.Ordinal);
        var after = await Lab.Api.VmAsync(vm.Id);
        Assert.Equal(("running", "running", 0), (after.Status.State, after.Intent.State, after.Crashes));
        var reboots = (await Lab.Api.HistoryAsync(vm.Id)).Where(e => e is { Type: "rebooted", By: "guest" }).Select(e => e.At.ToString("O", System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.True(reboots.Count == 1, $"One reboot is told as {string.Join(", ", reboots)}.");
        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task A_guest_that_panics_is_started_again()
    {
        var vm = await Lab.ReadyVmAsync();
        await AgentLab.AskGuestAsync(vm, "cgi-bin/crash");
        await Lab.Api.UntilVmAsync(vm.Id, "the panic is seen", Soon, v => v.Crashes == 1);
        Assert.Contains("guest-panicked", Assert.Single(await Lab.Api.HistoryAsync(vm.Id), e => e.Type == "crashed").Summary, StringComparison.Ordinal);
        await Lab.GuestReadyAsync(vm.Id, 2);
        Assert.Contains("boot: 2\n", await AgentLab.AskGuestAsync(await Lab.AddressAsync(vm.Id), ""), StringComparison.Ordinal);
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task A_vm_that_is_destroyed_from_outside_stays_off_and_says_so()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var observer = await Lab.ObserverAsync();
        await observer.Domains.DestroyAsync((await observer.Domains.FindAsync(vm.Id))!.Value);
        var off = await Lab.Api.UntilVmAsync(vm.Id, "the VM is off", Soon, v => v.Status.State == "stopped");
        Assert.Equal("destroyed", off.Status.Reason);
        Assert.Equal(("stopped", "outside"), StateOf(off));
        await Lab.Invariants.AssertAsync();
        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "start"));
        await Lab.Invariants.AssertAsync();
    }

    private static (string State, string By) StateOf(VmResource vm) => (vm.Intent.State, vm.Intent.By);
}
