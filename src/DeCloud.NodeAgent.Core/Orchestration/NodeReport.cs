using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What the node says of its host. Reading it costs nothing: it was measured in the background.</summary>
public interface INodeReport
{
    /// <summary>What the host is; null until that is known.</summary>
    HostInventory? Inventory { get; }

    /// <summary>What the host is doing; null until that was measured.</summary>
    HostMetrics? Metrics { get; }
}

/// <summary>What the host is doing.</summary>
/// <param name="CpuPercent">Busy processors, 0 to 100.</param>
/// <param name="MemoryPercent">Memory in use, 0 to 100.</param>
/// <param name="StoragePercent">The VMs' file system in use, 0 to 100.</param>
/// <param name="NetworkInMbps">Received, in megabits a second.</param>
/// <param name="NetworkOutMbps">Sent, in megabits a second.</param>
/// <param name="LoadAverage">Load over the last minute.</param>
public sealed record HostMetrics(double CpuPercent, double MemoryPercent, double StoragePercent, double NetworkInMbps, double NetworkOutMbps, double LoadAverage);

/// <summary>What the host is, under the names of the orchestrator's contract.</summary>
/// <param name="Cpu">The processors.</param>
/// <param name="Memory">The memory.</param>
/// <param name="Storage">The file systems that hold VMs and images.</param>
/// <param name="Gpus">The GPUs.</param>
/// <param name="Network">The network.</param>
/// <param name="KvmAvailable">Whether VMs run on KVM.</param>
public sealed record HostInventory(
    InventoryCpu Cpu, InventoryMemory Memory, ImmutableArray<InventoryStorage> Storage, ImmutableArray<InventoryGpu> Gpus, InventoryNetwork Network, bool KvmAvailable)
{
    /// <summary>Whether there is a GPU.</summary>
    public bool SupportsGpu => !Gpus.IsDefaultOrEmpty;
}

/// <summary>The processors.</summary>
/// <param name="Model">Their name.</param>
/// <param name="Architecture">Such as <c>x86_64</c>.</param>
/// <param name="PhysicalCores">Cores.</param>
/// <param name="LogicalCores">Threads.</param>
/// <param name="FrequencyMhz">The highest frequency.</param>
/// <param name="Flags">What they can do.</param>
/// <param name="SupportsVirtualization">Whether they can run guests.</param>
/// <param name="BenchmarkScore">Speed of a core; 1000 is the contract's baseline, and what a host says that was not measured.</param>
public sealed record InventoryCpu(
    string Model, string Architecture, int PhysicalCores, int LogicalCores, double FrequencyMhz, ImmutableArray<string> Flags, bool SupportsVirtualization, int BenchmarkScore = 1000);

/// <summary>The memory.</summary>
/// <param name="TotalBytes">All of it.</param>
/// <param name="AvailableBytes">What is free or can be freed.</param>
/// <param name="UsedBytes">The rest.</param>
public sealed record InventoryMemory(long TotalBytes, long AvailableBytes, long UsedBytes);

/// <summary>A file system that holds VMs or images.</summary>
/// <param name="DevicePath">The device.</param>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="FileSystem">Its kind.</param>
/// <param name="TotalBytes">Its size.</param>
/// <param name="AvailableBytes">What is free.</param>
/// <param name="UsedBytes">What is not.</param>
public sealed record InventoryStorage(string DevicePath, string MountPoint, string FileSystem, long TotalBytes, long AvailableBytes, long UsedBytes);

/// <summary>A GPU.</summary>
/// <param name="Vendor">Who made it.</param>
/// <param name="Model">Its name.</param>
/// <param name="PciAddress">Where it is.</param>
/// <param name="MemoryBytes">Its memory; 0 where nothing tells.</param>
/// <param name="IsIommuEnabled">Whether the host keeps it apart from others.</param>
/// <param name="IsAvailableForPassthrough">Whether a VM can be given it.</param>
public sealed record InventoryGpu(string Vendor, string Model, string PciAddress, long MemoryBytes, bool IsIommuEnabled, bool IsAvailableForPassthrough);

/// <summary>The network.</summary>
/// <param name="PublicIp">The address at which the node is reached.</param>
/// <param name="PrivateIp">The host's own address.</param>
/// <param name="NatType">1: reached directly. Anything else has the orchestrator look for a relay.</param>
public sealed record InventoryNetwork(string PublicIp, string PrivateIp, int NatType);
