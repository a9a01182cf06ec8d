using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads the disks, from CIM, and the file systems, from Win32.</summary>
internal static class StorageReader
{
    private const int RotatingMedia = 3, SolidMedia = 4;
    private const int VirtualBus = 14, FileBackedBus = 15, SpacesBus = 16, NvmeBus = 17;

    private static readonly string[] HypervisorDisks = ["QEMU ", "VMware ", "VBOX ", "Msft Virtual", "Red Hat VirtIO", "Xen "];

    /// <summary>Reads them.</summary>
    public static StorageResource Read(IWindowsMachine machine, CimReport cim) => new(
        [.. cim.Disks.DistinctBy(d => d.Number).OrderBy(d => d.Number).Select(Disk)],
        [.. machine.Drives().Select(d => FileSystem(d, cim))]);

    private static DiskResource Disk(CimDisk disk) => new()
    {
        Name = DiskPerformance.NameOf(disk.Number),
        Kind = Kind(disk),
        Model = disk.Name,
        SizeBytes = disk.SizeBytes,
        IsRotational = disk.MediaType switch
        {
            RotatingMedia => true,
            SolidMedia => false,
            _ => disk.BusType == NvmeBus ? false : null,
        },
        LogicalBlockBytes = disk.BlockBytes,
    };

    // A hypervisor's disk looks like one of its bus, so that only its name tells.
    private static string Kind(CimDisk disk) => disk switch
    {
        { BusType: VirtualBus or FileBackedBus } => "virtual",
        { BusType: SpacesBus } => "mapped",
        { Name: { } name } when IsHypervisors(name) => "virtual",
        { BusType: NvmeBus } => "nvme",
        { MediaType: SolidMedia } => "ssd",
        { MediaType: RotatingMedia } => "hdd",
        _ => "other",
    };

    private static bool IsHypervisors(string name) =>
        HypervisorDisks.Any(maker => name.StartsWith(maker, StringComparison.OrdinalIgnoreCase));

    private static FileSystemResource FileSystem(DriveFacts drive, CimReport cim) => new()
    {
        MountPoint = drive.Root,
        Type = drive.Format.ToLowerInvariant(),
        Source = drive.Root.TrimEnd('\\'),
        Devices = [.. cim.Partitions.Where(p => char.ToUpperInvariant(drive.Root[0]) == p.Letter).Select(p => DiskPerformance.NameOf(p.Disk)).Distinct().Order(StringComparer.Ordinal)],
        IsReadOnly = false,
        TotalBytes = drive.TotalBytes,
        AvailableBytes = drive.AvailableBytes,
        HoldsVms = false,
        HoldsImages = false,
    };
}
