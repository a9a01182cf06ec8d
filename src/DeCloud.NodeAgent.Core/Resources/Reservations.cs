using System.Collections.Immutable;
using System.Net;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>
/// What the VMs of this node have reserved together. Always summed up from their specs and never kept: what is not kept can't drift, and is the same after a restart.
/// </summary>
/// <param name="Vms">How many VMs there are.</param>
/// <param name="VCpus">Their virtual CPUs.</param>
/// <param name="MemoryBytes">Their memory with QEMU's.</param>
/// <param name="DiskBytes">Their disks at full size.</param>
/// <param name="Functions">The PCI functions that VMs have, each with its VM.</param>
public sealed record Reservations(int Vms, long VCpus, long MemoryBytes, long DiskBytes, ImmutableDictionary<string, VmId> Functions)
{
    /// <summary>The addresses that VMs have in the overlay.</summary>
    public ImmutableArray<IPAddress> OverlayAddresses { get; init; } = [];

    /// <summary>Sums up.</summary>
    /// <param name="vms">The VMs.</param>
    public static Reservations Of(IEnumerable<KeyValuePair<VmId, VmSpec>> vms)
    {
        var (count, vCpus, memory, disk) = (0, 0L, 0L, 0L);
        var functions = ImmutableDictionary.CreateBuilder<string, VmId>(StringComparer.Ordinal);
        var addresses = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var (id, spec) in vms)
        {
            var demand = VmDemand.Of(spec);
            count++;
            vCpus += demand.VCpus;
            memory += demand.MemoryBytes;
            disk += demand.DiskBytes;
            foreach (var function in (spec.Gpus ?? []).SelectMany(g => g.Functions.Add(g.Address)))
            {
                functions[function] = id;
            }

            if (IPAddress.TryParse(spec.OverlayAddress, out var address))
            {
                addresses.Add(address);
            }
        }

        return new(count, vCpus, memory, disk, functions.ToImmutable()) { OverlayAddresses = addresses.ToImmutable() };
    }

    /// <summary>The VM that has a GPU, or any function that would have to go with it; null when it is free.</summary>
    /// <param name="gpu">The GPU.</param>
    public VmId? HolderOf(GpuCapacity gpu)
    {
        foreach (var function in gpu.Functions.Add(gpu.Address))
        {
            if (Functions.TryGetValue(function, out var vm))
            {
                return vm;
            }
        }

        return null;
    }
}
