namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>What the machine is doing: computed once a second from two samples of the kernel's counters. What the samples do not tell is absent.</summary>
public sealed record NodeSnapshot
{
    /// <summary>When the later sample was taken.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Seconds between the two samples; absent for the first, which has no rates.</summary>
    public double? IntervalSeconds { get; init; }

    /// <summary>Where the processors' time went.</summary>
    public CpuUsageResource? Cpu { get; init; }

    /// <summary>How much is waiting for a processor.</summary>
    public LoadResource? Load { get; init; }

    /// <summary>How the memory is used.</summary>
    public MemoryUsageResource? Memory { get; init; }

    /// <summary>What whole disks do, ordered by name.</summary>
    public required IReadOnlyList<DiskUsageResource> Disks { get; init; }

    /// <summary>The file systems that hold VMs' disks and images, ordered by mount point; on Windows, where there are none, the drive of the agent's state.</summary>
    public required IReadOnlyList<FileSystemUsageResource> FileSystems { get; init; }

    /// <summary>What network interfaces do, those of VMs left out, ordered by name.</summary>
    public required IReadOnlyList<InterfaceUsageResource> Interfaces { get; init; }

    /// <summary>For how much of the time something had to wait, as the kernel's pressure stall information tells.</summary>
    public PressureResource? Pressure { get; init; }

    /// <summary>What each running VM uses.</summary>
    public required VmUsagesResource Vms { get; init; }
}

/// <summary>Where the processors' time went, in percent of all of it. The parts add up to 100.</summary>
/// <param name="BusyPercent">Everything but idling and waiting for disks.</param>
/// <param name="UserPercent">Programs, guests left out.</param>
/// <param name="NicePercent">Programs with a low priority, guests left out.</param>
/// <param name="SystemPercent">The kernel.</param>
/// <param name="IdlePercent">Nothing.</param>
/// <param name="IoWaitPercent">Nothing, with a program waiting for a disk.</param>
/// <param name="IrqPercent">Interrupts.</param>
/// <param name="SoftIrqPercent">Deferred interrupts.</param>
/// <param name="StealPercent">Taken by the hypervisor that this machine runs in.</param>
/// <param name="GuestPercent">The VMs' virtual processors.</param>
public sealed record CpuUsageResource(
    double BusyPercent,
    double UserPercent,
    double NicePercent,
    double SystemPercent,
    double IdlePercent,
    double IoWaitPercent,
    double IrqPercent,
    double SoftIrqPercent,
    double StealPercent,
    double GuestPercent);

/// <summary>How many tasks run or wait on average.</summary>
/// <param name="OneMinute">Over a minute.</param>
/// <param name="FiveMinutes">Over five.</param>
/// <param name="FifteenMinutes">Over fifteen.</param>
public sealed record LoadResource(double OneMinute, double FiveMinutes, double FifteenMinutes);

/// <summary>How the memory is used.</summary>
/// <param name="TotalBytes">What the kernel manages.</param>
/// <param name="AvailableBytes">What could be used without swapping.</param>
/// <param name="FreeBytes">What nobody uses, not even as a cache.</param>
/// <param name="CachedBytes">Copies of files.</param>
/// <param name="SwapTotalBytes">Swap space.</param>
/// <param name="SwapFreeBytes">Swap space that is free.</param>
public sealed record MemoryUsageResource(long TotalBytes, long? AvailableBytes, long? FreeBytes, long? CachedBytes, long? SwapTotalBytes, long? SwapFreeBytes);

/// <summary>What a disk does.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="ReadBytesPerSecond">Bytes read a second.</param>
/// <param name="WriteBytesPerSecond">Bytes written a second.</param>
/// <param name="ReadsPerSecond">Reads a second.</param>
/// <param name="WritesPerSecond">Writes a second.</param>
/// <param name="BusyPercent">The part of the time with something in flight.</param>
public sealed record DiskUsageResource(string Name, double? ReadBytesPerSecond, double? WriteBytesPerSecond, double? ReadsPerSecond, double? WritesPerSecond, double? BusyPercent);

/// <summary>How full a file system is.</summary>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="TotalBytes">Its size.</param>
/// <param name="AvailableBytes">What an ordinary user could still write.</param>
/// <param name="InodesTotal">Files it can hold; absent where it has no fixed number.</param>
/// <param name="InodesAvailable">Files that can still be made.</param>
public sealed record FileSystemUsageResource(string MountPoint, long TotalBytes, long AvailableBytes, long? InodesTotal, long? InodesAvailable);

/// <summary>What a network interface does.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="ReceiveBytesPerSecond">Bytes received a second.</param>
/// <param name="TransmitBytesPerSecond">Bytes sent a second.</param>
/// <param name="ReceivePacketsPerSecond">Packets received a second.</param>
/// <param name="TransmitPacketsPerSecond">Packets sent a second.</param>
/// <param name="ErrorsPerSecond">Packets broken a second, both ways.</param>
/// <param name="DropsPerSecond">Packets dropped a second, both ways.</param>
public sealed record InterfaceUsageResource(
    string Name,
    double? ReceiveBytesPerSecond,
    double? TransmitBytesPerSecond,
    double? ReceivePacketsPerSecond,
    double? TransmitPacketsPerSecond,
    double? ErrorsPerSecond,
    double? DropsPerSecond);

/// <summary>For how much of the time something had to wait.</summary>
/// <param name="Cpu">For a processor.</param>
/// <param name="Memory">For memory.</param>
/// <param name="Io">For a disk.</param>
public sealed record PressureResource(StallResource? Cpu, StallResource? Memory, StallResource? Io);

/// <summary>For how much of the time something had to wait for one resource, in percent.</summary>
/// <param name="SomeAvg10Percent">At least one task waited, over 10 seconds.</param>
/// <param name="SomeAvg60Percent">The same over 60 seconds.</param>
/// <param name="SomeAvg300Percent">The same over 300 seconds.</param>
/// <param name="FullAvg10Percent">Every task waited, over 10 seconds.</param>
/// <param name="FullAvg60Percent">The same over 60 seconds.</param>
/// <param name="FullAvg300Percent">The same over 300 seconds.</param>
public sealed record StallResource(
    double SomeAvg10Percent, double SomeAvg60Percent, double SomeAvg300Percent, double? FullAvg10Percent, double? FullAvg60Percent, double? FullAvg300Percent);

/// <summary>What the running VMs use.</summary>
/// <param name="Items">The VMs that run, ordered by id; absent when libvirt could not be asked.</param>
/// <param name="Reason">Why they are absent.</param>
public sealed record VmUsagesResource(IReadOnlyList<VmUsageResource>? Items, string? Reason);

/// <summary>What a running VM uses.</summary>
/// <param name="Id">The VM.</param>
/// <param name="CpuPercent">Of all the host's processors, by guest and emulator together.</param>
/// <param name="CpuCores">The same in processors: 1.5 is one and a half of them.</param>
/// <param name="ResidentBytes">Main memory that its process takes.</param>
/// <param name="ReadBytesPerSecond">Bytes its process reads from disks a second.</param>
/// <param name="WriteBytesPerSecond">Bytes its process writes to disks a second.</param>
/// <param name="ReceiveBytesPerSecond">Bytes the guest receives a second.</param>
/// <param name="TransmitBytesPerSecond">Bytes the guest sends a second.</param>
public sealed record VmUsageResource(
    Guid Id,
    double? CpuPercent,
    double? CpuCores,
    long? ResidentBytes,
    double? ReadBytesPerSecond,
    double? WriteBytesPerSecond,
    double? ReceiveBytesPerSecond,
    double? TransmitBytesPerSecond);
