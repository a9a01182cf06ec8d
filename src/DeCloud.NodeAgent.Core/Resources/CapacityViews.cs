using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>How capacity is shown.</summary>
public static class CapacityViews
{
    /// <summary>What is offered, reserved and free, with every VM's part.</summary>
    /// <param name="offer">What the host offers.</param>
    /// <param name="vms">The VMs.</param>
    public static CapacityResource View(this Offer offer, IReadOnlyCollection<KeyValuePair<VmId, VmSpec>> vms)
    {
        var reserved = Reservations.Of(vms);
        var policy = offer.Policy;
        return new()
        {
            Cpu = new(
                offer.Host.Threads, policy.ReserveCpus, policy.CpuOvercommitRatio, offer.VCpus, reserved.VCpus, Free(offer.VCpus, reserved.VCpus), reserved.VCpus > offer.VCpus),
            Memory = new(
                offer.Host.MemoryBytes,
                policy.ReserveMemoryBytes,
                offer.MemoryBytes,
                reserved.MemoryBytes,
                Free(offer.MemoryBytes, reserved.MemoryBytes),
                reserved.MemoryBytes > offer.MemoryBytes),
            Disks = [.. offer.Host.FileSystems.OrderBy(f => f.MountPoint, StringComparer.Ordinal).Select(f => View(f, offer, reserved))],
            Gpus = Gpus(offer, reserved),
            Vms = [.. vms.OrderBy(v => v.Key).Select(v => View(v.Key, v.Value))],
            Warnings = offer.Warnings(reserved, vms),
        };
    }

    private static DiskOfferResource View(FileSystemCapacity fs, Offer offer, Reservations reserved)
    {
        var offered = DiskOffer.Of(fs, offer.Policy);
        var vms = fs.HoldsVms ? reserved.DiskBytes : 0;
        var images = ImageShare.Reserved(fs, offer.Policy, offer.ImageBytes);
        ImmutableArray<string> holds = [.. new[] { (fs.HoldsVms, "vms"), (fs.HoldsImages, "images") }.Where(h => h.Item1).Select(h => h.Item2)];
        return new(
            fs.MountPoint,
            holds,
            fs.TotalBytes,
            Math.Max(0, fs.TotalBytes - fs.FreeBytes - fs.OwnBytes),
            offer.Policy.ReserveDiskBytes,
            offered,
            vms,
            images,
            Free(offered, vms + images),
            vms + images > offered);
    }

    private static GpuOffersResource Gpus(Offer offer, Reservations reserved)
    {
        var items = offer.Gpus.Select(g => new GpuOfferResource(g.Address, g.Model, g.MemoryBytes, g.Functions, reserved.HolderOf(g)?.Value)).ToList();
        var free = items.Count(g => g.Vm is null);
        return new(items.Count, items.Count - free, free, items);
    }

    private static VmReservationResource View(VmId id, VmSpec spec)
    {
        var demand = VmDemand.Of(spec);
        return new(id.Value, spec.Name, demand.VCpus, demand.MemoryBytes, demand.DiskBytes, [.. (spec.Gpus ?? []).Select(g => g.Address)]);
    }

    private static long Free(long offered, long reserved) => Math.Max(0, offered - reserved);
}
