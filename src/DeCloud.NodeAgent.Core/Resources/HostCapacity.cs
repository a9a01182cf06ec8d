using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>What the host has that VMs can be given. Changes only when hardware or file systems do; what is in use at the moment is not part of it.</summary>
/// <param name="Threads">Hardware threads that the host runs on, at least 1.</param>
/// <param name="MemoryBytes">Memory that the kernel manages (<c>MemTotal</c>).</param>
/// <param name="FileSystems">The file systems that hold VMs' disks and images; one entry where both lie on the same.</param>
/// <param name="Gpus">The GPUs that can be handed to a VM as a whole.</param>
public sealed record HostCapacity(int Threads, long MemoryBytes, ImmutableArray<FileSystemCapacity> FileSystems, ImmutableArray<GpuCapacity> Gpus);

/// <summary>A file system that VMs' disks or images lie on.</summary>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="TotalBytes">Its size.</param>
/// <param name="FreeBytes">What an ordinary user could still write (<c>f_bavail</c>).</param>
/// <param name="HoldsVms">Whether the VMs' folder is on it.</param>
/// <param name="HoldsImages">Whether the image cache is on it.</param>
/// <param name="OwnBytes">
/// What the agent's VMs and images take of it (allocated, not apparent), counted together with <paramref name="FreeBytes"/>: the sum of both is what the agent may dispose of, and does not change as
/// VMs write. 0 where nothing tells, which offers too little and never too much.
/// </param>
public sealed record FileSystemCapacity(string MountPoint, long TotalBytes, long FreeBytes, bool HoldsVms, bool HoldsImages, long OwnBytes = 0);

/// <summary>A GPU that can be handed to a VM as a whole.</summary>
/// <param name="Address">The PCI address of its display function, <c>dddd:bb:dd.f</c> in lower-case hexadecimal.</param>
/// <param name="Model">Its name, for people.</param>
/// <param name="MemoryBytes">Its memory; null where nothing tells.</param>
/// <param name="Functions">The PCI functions of its IOMMU group that go to the VM together, the display function first; bridges are left out.</param>
public sealed record GpuCapacity(string Address, string Model, long? MemoryBytes, ImmutableArray<string> Functions);
