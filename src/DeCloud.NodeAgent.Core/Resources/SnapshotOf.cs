using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using static DeCloud.NodeAgent.Core.Resources.CounterRates;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>Computes what a machine is doing from two samples of its counters.</summary>
public static class SnapshotOf
{
    /// <summary>Two samples that are closer than this tell nothing, because counters move in ticks of up to 10 ms.</summary>
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>What the machine did between two samples.</summary>
    /// <param name="before">The earlier sample; null when there is none.</param>
    /// <param name="now">The later sample.</param>
    /// <param name="vmsBefore">What was told of the VMs before; null when nothing was.</param>
    /// <param name="vmsNow">What is told of the VMs; null when they could not be asked for.</param>
    /// <param name="reason">Why they could not.</param>
    /// <param name="at">When the later sample was taken.</param>
    public static NodeSnapshot Between(HostSample? before, HostSample now, VmReading? vmsBefore, VmReading? vmsNow, string? reason, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(now);

        // Whoever sampled was started again, or something is wrong with the clock.
        var earlier = before is not null && now.At - before.At >= LeastInterval ? before : null;
        var seconds = earlier is null ? 0 : (now.At - earlier.At).TotalSeconds;
        return new()
        {
            At = at,
            IntervalSeconds = earlier is null ? null : Math.Round(seconds, 3),
            Cpu = earlier?.Cpu is { } cpu && now.Cpu is { } cpuNow ? Cpu(cpu, cpuNow) : null,
            Load = now.Load,
            Memory = now.Memory,
            Disks = Pairs(earlier?.Disks, now.Disks, d => d.Name, (was, d) => Disk(was, d, seconds)),
            FileSystems = now.FileSystems,
            Interfaces = Pairs(earlier?.Interfaces, now.Interfaces, i => i.Name, (was, i) => Interface(was, i, seconds)),
            Pressure = now.Pressure,
            Vms = vmsNow is null ? new(null, reason ?? "Nothing was told of the VMs yet.") : new(Vms(earlier, now, seconds, vmsBefore, vmsNow), null),
        };
    }

    private static CpuUsageResource? Cpu(CpuCounters before, CpuCounters now)
    {
        if (now.User < before.User || now.System < before.System)
        {
            return null;
        }

        // Idling and waiting are measured apart from the rest, and may step back a little.
        double guest = Up(before.Guest, now.Guest), guestNice = Up(before.GuestNice, now.GuestNice);
        var user = Math.Max(0, Up(before.User, now.User) - guest);
        var nice = Math.Max(0, Up(before.Nice, now.Nice) - guestNice);
        double system = Up(before.System, now.System), idle = Up(before.Idle, now.Idle), ioWait = Up(before.IoWait, now.IoWait);
        double irq = Up(before.Irq, now.Irq), softIrq = Up(before.SoftIrq, now.SoftIrq), steal = Up(before.Steal, now.Steal);
        var all = user + nice + system + idle + ioWait + irq + softIrq + steal + guest + guestNice;
        if (all == 0)
        {
            return null;
        }

        double Percent(double part) => Rounded(100 * part / all);
        return new(
            Percent(all - idle - ioWait), Percent(user), Percent(nice), Percent(system), Percent(idle), Percent(ioWait), Percent(irq), Percent(softIrq), Percent(steal), Percent(guest + guestNice));
    }

    private static double Up(ulong before, ulong now) => now > before ? now - before : 0;

    private static DiskUsageResource Disk(DiskCounters? before, DiskCounters now, double seconds) => new(
        now.Name,
        PerSecond(before?.ReadBytes, now.ReadBytes, seconds),
        PerSecond(before?.WriteBytes, now.WriteBytes, seconds),
        PerSecond(before?.Reads, now.Reads, seconds),
        PerSecond(before?.Writes, now.Writes, seconds),
        PerSecond(before?.BusyMilliseconds, now.BusyMilliseconds, seconds) is { } busy ? Math.Min(100, Rounded(busy / 10)) : null);

    private static InterfaceUsageResource Interface(InterfaceCounters? before, InterfaceCounters now, double seconds) => new(
        now.Name,
        PerSecond(before?.ReceiveBytes, now.ReceiveBytes, seconds),
        PerSecond(before?.TransmitBytes, now.TransmitBytes, seconds),
        PerSecond(before?.ReceivePackets, now.ReceivePackets, seconds),
        PerSecond(before?.TransmitPackets, now.TransmitPackets, seconds),
        PerSecond(before?.Errors, now.Errors, seconds),
        PerSecond(before?.Drops, now.Drops, seconds));

    // What was plugged in since has no rates yet, and what was taken out is gone.
    private static ImmutableArray<TOut> Pairs<T, TOut>(ImmutableArray<T>? before, ImmutableArray<T> now, Func<T, string> name, Func<T?, T, TOut> pair)
        where T : class
    {
        var earlier = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var one in before ?? [])
        {
            earlier[name(one)] = one;
        }

        return [.. now.OrderBy(name, StringComparer.Ordinal).Select(one => pair(earlier.GetValueOrDefault(name(one)), one))];
    }

    private static ImmutableArray<VmUsageResource> Vms(HostSample? before, HostSample now, double seconds, VmReading? vmsBefore, VmReading vmsNow)
    {
        var told = (vmsBefore?.Running ?? []).DistinctBy(d => d.Id).ToDictionary(d => d.Id);
        var toldSeconds = vmsBefore is null ? 0 : (vmsNow.At - vmsBefore.At).TotalSeconds;
        return [.. vmsNow.Running.OrderBy(d => d.Id).Select(d => Vm(d, told.GetValueOrDefault(d.Id), toldSeconds, ProcessOf(before, d.Id), ProcessOf(now, d.Id), seconds, now.Threads))];
    }

    private static ProcessCounters? ProcessOf(HostSample? sample, Guid vm) => sample?.VmProcesses.GetValueOrDefault(vm);

    private static VmUsageResource Vm(DomainUsage now, DomainUsage? before, double toldSeconds, ProcessCounters? processBefore, ProcessCounters? process, double seconds, int threads)
    {
        // A VM that was started again has a new process, which counts from zero.
        var earlier = processBefore?.Incarnation == process?.Incarnation ? processBefore : null;
        var cores = earlier is not null && process is not null && seconds > 0 ? Math.Max(0, (process.CpuTime - earlier.CpuTime).TotalSeconds / seconds) : (double?)null;
        return new(
            now.Id,
            cores is { } used ? Rounded(Math.Min(100, 100 * used / threads)) : null,
            cores is { } c ? Rounded(c) : null,
            process?.ResidentBytes,
            PerSecond(earlier?.ReadBytes, process?.ReadBytes, seconds),
            PerSecond(earlier?.WriteBytes, process?.WriteBytes, seconds),
            PerSecond(before?.ReceiveBytes, now.ReceiveBytes, toldSeconds),
            PerSecond(before?.TransmitBytes, now.TransmitBytes, toldSeconds));
    }
}
