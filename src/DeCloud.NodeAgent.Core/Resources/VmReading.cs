using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Hypervisor;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>What the hypervisor told of the VMs that run.</summary>
/// <param name="At">When, on a clock that only moves forward and is not set.</param>
/// <param name="Running">The VMs.</param>
public sealed record VmReading(TimeSpan At, ImmutableArray<DomainUsage> Running);
