using System.Diagnostics;
using System.Net;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>A libvirt daemon that is away or hangs: what can't be seen is unknown, and nothing is done because of it.</summary>
public sealed class LibvirtdFaultTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task While_libvirtd_is_stopped_vms_are_unknown_run_on_and_are_found_again()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));
        await Lab.Host.StopLibvirtdAsync();
        try
        {
            await UnknownAsync(vm.Id);
            var refused = await Lab.Api.TryCreateAsync(Lab.Small());
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "hypervisor-unavailable"), (refused.Status, refused.Code));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Lab.Api.SendAsync(HttpMethod.Get, "/readyz")).Status);
            Assert.Equal(HttpStatusCode.OK, (await Lab.Api.SendAsync(HttpMethod.Get, "/healthz")).Status);
            Assert.Equal("lost", (await Lab.Api.NodeAsync()).Hypervisor.State);
            Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        }
        finally
        {
            await Lab.Host.StartLibvirtdAsync();
        }

        await KnownAsync(vm.Id, "running");
        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        Assert.Equal(0, (await Lab.Api.VmAsync(vm.Id)).Crashes);
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task What_happened_while_libvirtd_was_dead_is_seen_and_told_apart_afterwards()
    {
        var killed = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var bystander = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        var poweredOff = await Lab.ReadyVmAsync();
        var untouched = Assert.Single(Lab.Invariants.QemusOf(bystander.Id));

        await Lab.Host.KillLibvirtdAsync();
        await LibvirtHost.SignalAsync("KILL", Assert.Single(Lab.Invariants.QemusOf(killed.Id)));
        await AgentLab.AskGuestAsync(poweredOff, "cgi-bin/poweroff");
        await UnknownAsync(bystander.Id);
        await Lab.Host.StartLibvirtdAsync();

        await Lab.Api.UntilVmAsync(killed.Id, "the crash is seen", Recovery, v => v.Crashes == 1);
        await Lab.Api.UntilVmAsync(killed.Id, "the VM runs again", Recovery, v => v.Status.State == "running");
        Assert.Single(await Lab.Api.HistoryAsync(killed.Id), e => e.Type == "crashed");
        var off = await Lab.Api.UntilVmAsync(poweredOff.Id, "the guest's power off is seen", Recovery, v => v.Status.State == "stopped");
        Assert.Equal(("guest-shutdown", "stopped", "guest"), (off.Status.Reason, off.Intent.State, off.Intent.By));
        Assert.Equal([untouched], Lab.Invariants.QemusOf(bystander.Id));
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task A_hung_libvirtd_slows_no_reader_and_holds_no_request_for_ever()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));
        await Lab.Host.PauseLibvirtdAsync();
        try
        {
            var clock = Stopwatch.StartNew();
            var stop = await Lab.Api.ChangeAsync(vm.Id, "stop?force=true");
            var slowest = TimeSpan.Zero;
            while (clock.Elapsed < TimeSpan.FromSeconds(8))
            {
                var one = Stopwatch.StartNew();
                await Lab.Api.VmsAsync();
                await Lab.Api.VmAsync(vm.Id);
                slowest = one.Elapsed > slowest ? one.Elapsed : slowest;
                await Task.Delay(20);
            }

            Assert.True(slowest < TimeSpan.FromSeconds(1), $"Two reads took {slowest}.");
            await Lab.Api.UntilVmAsync(vm.Id, "the VM is unknown", Promised, v => v.Status.State == "unknown");
            var stuck = await Lab.Api.UntilVmAsync(vm.Id, "the stuck call ends", Promised, v => v.Step is null);
            Assert.Equal("hypervisor-lost", stuck.Status.Reason);
            Assert.Equal("running", (await Lab.Api.OperationAsync(stop.Operation.Id)).Status);
            Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        }
        finally
        {
            await Lab.Host.ResumeLibvirtdAsync();
        }

        await KnownAsync(vm.Id, "stopped");
        Assert.Equal("api", (await Lab.Api.VmAsync(vm.Id)).Intent.By);
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task An_agent_that_starts_while_libvirtd_hangs_touches_nothing_and_waits()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));
        await Lab.Host.PauseLibvirtdAsync();
        try
        {
            await Lab.Agent.Kill9Async();
            Lab.Agent.Start();
            await Lab.Agent.ServingAsync();
            var seen = await Lab.Api.UntilVmAsync(vm.Id, "the VM is shown", Promised, v => v.Status.State == "unknown");
            Assert.Contains(seen.Status.Reason, (string[])["not-seen-yet", "hypervisor-lost"]);
            Assert.Equal("running", seen.Intent.State);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Lab.Api.SendAsync(HttpMethod.Get, "/readyz")).Status);
            Assert.Equal("hypervisor-unavailable", (await Lab.Api.TryCreateAsync(Lab.Small())).Code);
            Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        }
        finally
        {
            await Lab.Host.ResumeLibvirtdAsync();
        }

        await KnownAsync(vm.Id, "running");
        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        await Lab.Invariants.AssertAsync();
    }

    private async Task UnknownAsync(Guid id)
    {
        var unknown = await Lab.Api.UntilVmAsync(id, "the VM is unknown", Promised, v => v.Status.State == "unknown");
        Assert.Equal("hypervisor-lost", unknown.Status.Reason);
    }

    private async Task KnownAsync(Guid id, string state)
    {
        var clock = Stopwatch.StartNew();
        VmResource? vm = null;
        await Patience.UntilAsync($"the VM is {state} again", Recovery, async () => (vm = await Lab.Api.VmAsync(id)).Status.State == state, () => $"{vm}");
        await Lab.Agent.ReadyAsync();
        Assert.True(clock.Elapsed < Promised, $"It took {clock.Elapsed}.");
    }
}
