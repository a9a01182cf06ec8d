namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The GPUs.</summary>
/// <param name="Items">Every display controller of the PCI bus, ordered by address.</param>
/// <param name="NvidiaDriverVersion">Version of NVIDIA's driver, where it answers.</param>
public sealed record GpusResource(IReadOnlyList<GpuResource> Items, string? NvidiaDriverVersion);

/// <summary>A display controller.</summary>
public sealed record GpuResource
{
    /// <summary>Its PCI address, <c>dddd:bb:dd.f</c> in lower-case hexadecimal.</summary>
    public required string Address { get; init; }

    /// <summary><c>vga</c>, <c>xga</c>, <c>3d</c> or <c>display</c>: what it says it is.</summary>
    public required string Class { get; init; }

    /// <summary>PCI vendor id, four hexadecimal digits.</summary>
    public required string VendorId { get; init; }

    /// <summary>PCI device id, four hexadecimal digits.</summary>
    public required string DeviceId { get; init; }

    /// <summary>Who made it, for people.</summary>
    public string? Vendor { get; init; }

    /// <summary>The model's name, for people.</summary>
    public string? Model { get; init; }

    /// <summary>The driver in use; absent when none is.</summary>
    public string? Driver { get; init; }

    /// <summary>Whether the firmware shows its messages on it.</summary>
    public bool? IsBootDisplay { get; init; }

    /// <summary>The NUMA node it is close to.</summary>
    public int? NumaNode { get; init; }

    /// <summary>Its memory in bytes, where something tells.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The group of devices that only go to a VM together; absent without an IOMMU.</summary>
    public IommuGroupResource? IommuGroup { get; init; }

    /// <summary>Whether it can be handed to a VM as a whole.</summary>
    public required bool IsAssignable { get; init; }

    /// <summary>Why it can't.</summary>
    public string? NotAssignableReason { get; init; }

    /// <summary>What NVIDIA's driver tells, when it drives the GPU.</summary>
    public NvidiaResource? Nvidia { get; init; }
}

/// <summary>Devices that the IOMMU can't keep apart.</summary>
/// <param name="Id">The group's number.</param>
/// <param name="IsWhole">Whether all of it, bridges left out, belongs to the same card.</param>
/// <param name="Functions">The PCI functions in it, ordered by address.</param>
public sealed record IommuGroupResource(int Id, bool IsWhole, IReadOnlyList<PciFunctionResource> Functions);

/// <summary>A PCI function.</summary>
/// <param name="Address">Its address.</param>
/// <param name="ClassId">What it says it is, six hexadecimal digits.</param>
/// <param name="IsBridge">Whether it only leads to others.</param>
/// <param name="Driver">The driver in use.</param>
public sealed record PciFunctionResource(string Address, string ClassId, bool IsBridge, string? Driver);

/// <summary>What NVIDIA's driver tells of a GPU, when the inventory was read.</summary>
/// <param name="Uuid">NVIDIA's name for it.</param>
/// <param name="Name">The product's name.</param>
/// <param name="MemoryTotalBytes">Its memory.</param>
/// <param name="MemoryUsedBytes">What is in use of it.</param>
/// <param name="UtilizationPercent">How busy it is, 0 to 100.</param>
/// <param name="TemperatureCelsius">How warm it is.</param>
/// <param name="PowerDrawWatts">What it draws.</param>
public sealed record NvidiaResource(
    string? Uuid, string? Name, long? MemoryTotalBytes, long? MemoryUsedBytes, double? UtilizationPercent, double? TemperatureCelsius, double? PowerDrawWatts);
