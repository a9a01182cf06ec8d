using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>A GPU that a VM has to itself.</summary>
/// <param name="Address">The PCI address of its display function, <c>dddd:bb:dd.f</c> in lower-case hexadecimal.</param>
/// <param name="Functions">Every function of its IOMMU group that goes to the VM with it, itself included: the kernel isolates groups, not functions.</param>
public sealed record VmGpu(string Address, ImmutableArray<string> Functions);
