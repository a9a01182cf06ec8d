using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Tests.Resources;

/// <summary>What is computed from counters.</summary>
public sealed class SnapshotTests
{
    private const ulong Full32 = 1UL << 32;
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Vm = Guid.Parse("4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1");

    [Theory]
    [InlineData(100, 100, 0UL)]
    [InlineData(100, 350, 250UL)]
    [InlineData(Full32 - 100, 50, 150UL)]
    [InlineData(uint.MaxValue, 0, 1UL)]
    [InlineData(1000, 10, null)]
    [InlineData(2000000000, 10, null)]
    [InlineData(Full32 + 100, 50, null)]
    [InlineData(ulong.MaxValue, 0, null)]
    [InlineData(0, ulong.MaxValue, ulong.MaxValue)]
    public void A_counter_moves_on_or_goes_round_or_begins_anew(ulong before, ulong now, ulong? moved) => Assert.Equal(moved, CounterRates.Moved(before, now));

    [Fact]
    public void Processor_time_adds_up_to_a_hundred_percent_and_guests_are_counted_once()
    {
        var cpu = Between(
            Sample(0) with { Cpu = new(1000, 100, 500, 9000, 200, 10, 20, 30, 800, 50) },
            Sample(1) with { Cpu = new(1100, 120, 540, 9200, 220, 11, 22, 37, 870, 60) }).Cpu!;

        // 390 ticks: user 100 of which 70 guest, nice 20 of which 10 guest, system 40, idle 200, wait 20, irq 1, softirq 2, steal 7.
        Assert.Equal(new(43.59, 7.69, 2.56, 10.26, 51.28, 5.13, 0.26, 0.51, 1.79, 20.51), cpu);
        Assert.Equal(100, cpu.UserPercent + cpu.NicePercent + cpu.SystemPercent + cpu.IdlePercent + cpu.IoWaitPercent + cpu.IrqPercent + cpu.SoftIrqPercent + cpu.StealPercent + cpu.GuestPercent, 0.1);
    }

    [Fact]
    public void Idling_may_step_back_a_little()
    {
        var cpu = Between(Sample(0) with { Cpu = new(10, 0, 10, 1000, 500, 0, 0, 0, 0, 0) }, Sample(1) with { Cpu = new(60, 0, 60, 1000, 499, 0, 0, 0, 0, 0) }).Cpu!;
        Assert.Equal((100.0, 50.0, 0.0), (cpu.BusyPercent, cpu.UserPercent, cpu.IoWaitPercent));
    }

    [Fact]
    public void Processor_time_that_was_set_back_or_stood_still_tells_nothing()
    {
        var counters = new CpuCounters(1000, 0, 500, 9000, 0, 0, 0, 0, 0, 0);
        Assert.Null(Between(Sample(0) with { Cpu = counters }, Sample(1) with { Cpu = counters with { User = 5 } }).Cpu);
        Assert.Null(Between(Sample(0) with { Cpu = counters }, Sample(1) with { Cpu = counters }).Cpu);
        Assert.Null(Between(Sample(0), Sample(1) with { Cpu = counters }).Cpu);
    }

    [Fact]
    public void The_first_sample_has_no_rates_and_everything_else()
    {
        var load = new LoadResource(1, 2, 3);
        var snapshot = SnapshotOf.Between(null, Sample(5) with { Load = load, Cpu = new(1, 1, 1, 1, 1, 1, 1, 1, 1, 1), Disks = [new("sda", 1, 2, 3, 4, 5)] }, null, null, "away", Now);

        Assert.Equal((null, null, load), (snapshot.IntervalSeconds, snapshot.Cpu, snapshot.Load));
        Assert.Equal(new("sda", null, null, null, null, null), Assert.Single(snapshot.Disks));
        Assert.Equal(new(null, "away"), snapshot.Vms);
        Assert.Equal(Now, snapshot.At);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.01)]
    [InlineData(-10)]
    public void A_clock_that_stands_or_goes_back_gives_no_rates(double seconds)
    {
        var snapshot = Between(Sample(100) with { Disks = [new("sda", 1, 2, 3, 4, 5)] }, Sample(100 + seconds) with { Disks = [new("sda", 10, 20, 30, 40, 50)] });
        Assert.Null(snapshot.IntervalSeconds);
        Assert.Null(snapshot.Disks[0].ReadsPerSecond);
    }

    [Fact]
    public void A_long_pause_gives_the_average_over_it()
    {
        var snapshot = Between(Sample(0) with { Disks = [new("sda", 0, 0, 0, 0, 0)] }, Sample(3600) with { Disks = [new("sda", 7200, 0, 3600, 360000, 1800000)] });
        Assert.Equal(3600, snapshot.IntervalSeconds);
        Assert.Equal(new("sda", 0, 100, 2, 1, 50), snapshot.Disks[0]);
    }

    [Fact]
    public void Disks_are_ordered_and_what_was_plugged_in_has_no_rates_yet()
    {
        var snapshot = Between(
            Sample(0) with { Disks = [new("sdb", 10, 1000, 0, 0, 0), new("gone", 1, 1, 1, 1, 1)] },
            Sample(2) with { Disks = [new("sdb", 30, 5000, 4, 8192, 4000), new("new", 1, 1, 1, 1, 1)] });

        Assert.Equal([new("new", null, null, null, null, null), new("sdb", 2000, 4096, 10, 2, 100)], snapshot.Disks);
    }

    [Fact]
    public void A_device_that_was_taken_out_and_put_back_begins_anew_for_itself_alone()
    {
        var snapshot = Between(
            Sample(0) with { Interfaces = [new("eth0", 5000, 5000, 50, 50, 1, 1), new("usb0", 90000, 90000, 900, 900, 0, 0)] },
            Sample(1) with { Interfaces = [new("eth0", 6000, 5500, 60, 55, 2, 1), new("usb0", 10, 20, 1, 2, 0, 0)] });

        Assert.Equal(new("eth0", 1000, 500, 10, 5, 1, 0), snapshot.Interfaces[0]);
        Assert.Equal(new("usb0", null, null, null, null, 0, 0), snapshot.Interfaces[1]);
    }

    [Fact]
    public void A_VM_has_its_share_of_the_machine()
    {
        var snapshot = SnapshotOf.Between(
            Sample(0) with { VmProcesses = Process("1", 10, 1000) }, Sample(2) with { VmProcesses = Process("1", 13, 5000) },
            new(TimeSpan.FromSeconds(100), [new(Vm, 0, 500)]), new(TimeSpan.FromSeconds(104), [new(Vm, 4000, 900)]), null, Now);

        Assert.Equal(new(Vm, 37.5, 1.5, 4096, 2000, 2000, 1000, 100), Assert.Single(snapshot.Vms.Items!));
        Assert.Null(snapshot.Vms.Reason);
    }

    [Fact]
    public void A_VM_that_was_started_again_has_no_rates_yet_though_its_process_has_counted_further()
    {
        var snapshot = SnapshotOf.Between(
            Sample(0) with { VmProcesses = Process("1", 10, 1000) }, Sample(1) with { VmProcesses = Process("2", 13, 5000) },
            new(TimeSpan.Zero, [new(Vm, 5000000000, 5000)]), new(TimeSpan.FromSeconds(1), [new(Vm, 10, null)]), null, Now);

        Assert.Equal(new(Vm, null, null, 4096, null, null, null, null), Assert.Single(snapshot.Vms.Items!));
    }

    [Fact]
    public void A_VM_whose_process_is_not_known_is_listed_nonetheless()
    {
        var snapshot = SnapshotOf.Between(Sample(0), Sample(1), null, new(TimeSpan.Zero, [new(Vm, 1, 1)]), null, Now);
        Assert.Equal(new(Vm, null, null, null, null, null, null, null), Assert.Single(snapshot.Vms.Items!));
    }

    private static NodeSnapshot Between(HostSample before, HostSample now) => SnapshotOf.Between(before, now, null, null, null, Now);

    private static HostSample Sample(double seconds) => new() { At = TimeSpan.FromSeconds(seconds), Threads = 4 };

    private static ImmutableDictionary<Guid, ProcessCounters> Process(string incarnation, double cpuSeconds, ulong io) =>
        ImmutableDictionary<Guid, ProcessCounters>.Empty.Add(Vm, new(incarnation, TimeSpan.FromSeconds(cpuSeconds), 4096, io, io));
}
