using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>The machine's counters at one moment. They count up from some moment, so only the difference of two means something.</summary>
public sealed record HostSample
{
    /// <summary>When it was taken, on a clock that only moves forward and is not set.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>Hardware threads that are on line, at least 1.</summary>
    public required int Threads { get; init; }

    /// <summary>Where the processors' time went.</summary>
    public CpuCounters? Cpu { get; init; }

    /// <summary>How much is waiting for a processor.</summary>
    public LoadResource? Load { get; init; }

    /// <summary>How the memory is used.</summary>
    public MemoryUsageResource? Memory { get; init; }

    /// <summary>For how much of the time something had to wait.</summary>
    public PressureResource? Pressure { get; init; }

    /// <summary>Whole disks.</summary>
    public ImmutableArray<DiskCounters> Disks { get; init; } = [];

    /// <summary>Network interfaces but those of VMs.</summary>
    public ImmutableArray<InterfaceCounters> Interfaces { get; init; } = [];

    /// <summary>The file systems that hold VMs' disks and images, or where there are none the agent's state.</summary>
    public ImmutableArray<FileSystemUsageResource> FileSystems { get; init; } = [];

    /// <summary>The processes of the VMs that were asked for and found.</summary>
    public ImmutableDictionary<Guid, ProcessCounters> VmProcesses { get; init; } = ImmutableDictionary<Guid, ProcessCounters>.Empty;
}

/// <summary>Where the time of all processors went, in any unit, as the modes of proc_stat(5).</summary>
/// <param name="User">Programs, guests among them.</param>
/// <param name="Nice">Programs with a low priority, guests among them.</param>
/// <param name="System">The kernel.</param>
/// <param name="Idle">Nothing.</param>
/// <param name="IoWait">Nothing, with a program waiting for a disk.</param>
/// <param name="Irq">Interrupts.</param>
/// <param name="SoftIrq">Deferred interrupts.</param>
/// <param name="Steal">Taken by the hypervisor below.</param>
/// <param name="Guest">Guests; is in <paramref name="User"/> too.</param>
/// <param name="GuestNice">Guests with a low priority; is in <paramref name="Nice"/> too.</param>
public sealed record CpuCounters(ulong User, ulong Nice, ulong System, ulong Idle, ulong IoWait, ulong Irq, ulong SoftIrq, ulong Steal, ulong Guest, ulong GuestNice);

/// <summary>A disk's counters.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="Reads">Reads completed.</param>
/// <param name="ReadBytes">Bytes read.</param>
/// <param name="Writes">Writes completed.</param>
/// <param name="WriteBytes">Bytes written.</param>
/// <param name="BusyMilliseconds">Milliseconds with something in flight.</param>
public sealed record DiskCounters(string Name, ulong Reads, ulong ReadBytes, ulong Writes, ulong WriteBytes, ulong BusyMilliseconds);

/// <summary>A network interface's counters.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="ReceiveBytes">Bytes received.</param>
/// <param name="TransmitBytes">Bytes sent.</param>
/// <param name="ReceivePackets">Packets received.</param>
/// <param name="TransmitPackets">Packets sent.</param>
/// <param name="Errors">Packets broken, both ways.</param>
/// <param name="Drops">Packets dropped, both ways.</param>
public sealed record InterfaceCounters(string Name, ulong ReceiveBytes, ulong TransmitBytes, ulong ReceivePackets, ulong TransmitPackets, ulong Errors, ulong Drops);

/// <summary>A process's counters.</summary>
/// <param name="Incarnation">Tells one process from the next of the same VM.</param>
/// <param name="CpuTime">Processor time it has used.</param>
/// <param name="ResidentBytes">Main memory it takes.</param>
/// <param name="ReadBytes">Bytes it has read from disks; null where that is not told.</param>
/// <param name="WriteBytes">Bytes it has written to disks.</param>
public sealed record ProcessCounters(string Incarnation, TimeSpan CpuTime, long? ResidentBytes, ulong? ReadBytes, ulong? WriteBytes);
