namespace DeCloud.Libvirt.Domains;

/// <summary>Sizes of a disk.</summary>
/// <param name="CapacityBytes">What the guest sees.</param>
/// <param name="AllocationBytes">What is written so far: the highest offset in use, or blocks in use, as the format allows to tell.</param>
/// <param name="PhysicalBytes">What the file or device holds.</param>
public sealed record BlockInfo(ulong CapacityBytes, ulong AllocationBytes, ulong PhysicalBytes);
