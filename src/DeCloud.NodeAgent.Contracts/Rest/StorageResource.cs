namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The disks and file systems.</summary>
/// <param name="Devices">Whole disks, ordered by name; partitions and loop devices are left out.</param>
/// <param name="FileSystems">Mounted file systems that keep files on a disk or a server, ordered by mount point, each once.</param>
public sealed record StorageResource(IReadOnlyList<DiskResource> Devices, IReadOnlyList<FileSystemResource> FileSystems);

/// <summary>A whole disk.</summary>
public sealed record DiskResource
{
    /// <summary>The kernel's name, for example <c>nvme0n1</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>nvme</c>, <c>ssd</c>, <c>hdd</c>, <c>virtual</c> (a hypervisor's), <c>mapped</c> (made from other disks), or <c>other</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The model's name, for people.</summary>
    public string? Model { get; init; }

    /// <summary>Its size in bytes.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Whether it has moving parts, as far as the kernel knows.</summary>
    public bool? IsRotational { get; init; }

    /// <summary>Whether its medium can be taken out.</summary>
    public bool? IsRemovable { get; init; }

    /// <summary>Whether it can't be written.</summary>
    public bool? IsReadOnly { get; init; }

    /// <summary>Bytes of its smallest addressable block.</summary>
    public int? LogicalBlockBytes { get; init; }
}

/// <summary>A mounted file system.</summary>
public sealed record FileSystemResource
{
    /// <summary>Where it is mounted.</summary>
    public required string MountPoint { get; init; }

    /// <summary>Its type, for example <c>ext4</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What is mounted, for example <c>/dev/nvme0n1p2</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The whole disks it lies on, by name.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>Whether it can't be written.</summary>
    public required bool IsReadOnly { get; init; }

    /// <summary>Its size in bytes.</summary>
    public long? TotalBytes { get; init; }

    /// <summary>What an ordinary user could still write, in bytes, when the inventory was read.</summary>
    public long? AvailableBytes { get; init; }

    /// <summary>Files it can hold; absent where it has no fixed number.</summary>
    public long? InodesTotal { get; init; }

    /// <summary>Files that can still be made.</summary>
    public long? InodesAvailable { get; init; }

    /// <summary>Whether VMs' disks are on it.</summary>
    public required bool HoldsVms { get; init; }

    /// <summary>Whether the image cache is on it.</summary>
    public required bool HoldsImages { get; init; }
}
