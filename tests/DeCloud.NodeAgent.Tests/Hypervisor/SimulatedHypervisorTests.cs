using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Simulation;

namespace DeCloud.NodeAgent.Tests.Hypervisor;

/// <summary>The contract, kept by the hypervisor that the actors are tested against.</summary>
public sealed class SimulatedHypervisorTests : HypervisorContract
{
    private readonly SimulatedHypervisor _hypervisor = new() { GuestsObey = false };

    protected override IHypervisor Hypervisor => _hypervisor;

    protected override IHypervisor WithoutAcceleration
    {
        get
        {
            _hypervisor.Acceleration = Acceleration.None;
            return _hypervisor;
        }
    }

    protected override Task<DomainSpec> PrepareAsync(Guest guest)
    {
        var id = VmId.New();
        return Task.FromResult(new DomainSpec(id, 1, 64L << 20, new SimulatedDisk().PathsOf(id), "/images/base"));
    }

    protected override Task LetActAsync(VmId id, Guest guest)
    {
        if (guest == Guest.Reboots)
        {
            _hypervisor.Reboot(id);
        }
        else if (guest == Guest.PowersOff)
        {
            _hypervisor.Happen(id, PowerState.Stopped, PowerReason.GuestShutdown);
        }

        return Task.CompletedTask;
    }

    protected override Task KillAsync(VmId id)
    {
        _hypervisor.Happen(id, PowerState.Stopped, PowerReason.Crashed);
        return Task.CompletedTask;
    }

    protected override Task PlantForeignAsync(Guid id, string name)
    {
        _hypervisor.Plant(id, name, PowerState.Paused);
        return Task.CompletedTask;
    }

    protected override async Task<string> DescribeAsync(Guid id)
    {
        await using var session = await _hypervisor.ConnectAsync(Deadline);
        return $"{await session.LookAsync(new(id), Deadline)}";
    }

    protected override Task TakeAwayAsync()
    {
        _hypervisor.IsAway = true;
        _hypervisor.Lose("the test took it away");
        return Task.CompletedTask;
    }

    protected override Task BringBackAsync()
    {
        _hypervisor.IsAway = false;
        return Task.CompletedTask;
    }
}
