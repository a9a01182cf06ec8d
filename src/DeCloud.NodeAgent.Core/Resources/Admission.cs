using System.Collections.Immutable;
using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>Whether a VM is let in.</summary>
/// <param name="Spec">What it shall be, with the GPUs it gets; null when it is refused.</param>
/// <param name="Refusal">Why not.</param>
/// <param name="Shortages">What there is too little of, when that is why.</param>
public sealed record AdmissionVerdict(VmSpec? Spec, Failure? Refusal, ImmutableArray<ShortageResource> Shortages);

/// <summary>Decides whether there is room for one more VM. Pure; whoever asks must hold the one lock under which VMs are let in.</summary>
public static class Admission
{
    private const string VCpuUnit = "vcpus";
    private const string ByteUnit = "bytes";
    private const string GpuUnit = "gpus";
    private const string AddressUnit = "addresses";

    /// <summary>Judges one VM. Every resource is looked at, so that a refusal names all that is short.</summary>
    /// <param name="offer">What the host offers.</param>
    /// <param name="reserved">What is reserved.</param>
    /// <param name="spec">What the VM shall be.</param>
    /// <param name="gpus">The GPUs it asks for; see <see cref="GpuWish"/>.</param>
    /// <param name="overlay">Whether it asks for an address in the overlay.</param>
    public static AdmissionVerdict Decide(Offer offer, Reservations reserved, VmSpec spec, ImmutableArray<string> gpus, bool overlay = false)
    {
        if (overlay && offer.Policy.VmSubnet is null)
        {
            return new(null, new(FailureCodes.OverlayNotOffered, "This node attaches no VMs to an overlay. Set WireGuard:VmSubnet to a part of the overlay and start the agent again, or leave 'overlay' out.", true), []);
        }

        var unknown = gpus.Where(g => g != GpuWish.Any && !offer.Host.Gpus.Any(o => o.Address == g)).ToList();
        if (unknown.Count > 0)
        {
            return new(null, new(FailureCodes.GpuUnknown, UnknownGpus(offer, unknown), true), []);
        }

        var shortages = ImmutableArray.CreateBuilder<ShortageResource>();
        var demand = VmDemand.Of(spec);
        Judge("cpu", VCpuUnit, null, demand.VCpus, offer.VCpus, reserved.VCpus, CpuReason(offer));
        Judge("memory", ByteUnit, null, demand.MemoryBytes, offer.MemoryBytes, reserved.MemoryBytes, MemoryReason(offer, spec, demand));
        JudgeDisk();
        var (granted, gpuShortages) = Grant(offer, reserved, gpus);
        shortages.AddRange(gpuShortages);
        var address = overlay ? FreeAddress(offer.Policy.VmSubnet!) : null;

        return shortages.Count == 0
            ? new(spec with { Gpus = granted.IsEmpty ? spec.Gpus : [.. granted], OverlayAddress = address }, null, [])
            : new(null, new(FailureCodes.CapacityExhausted, string.Join(' ', shortages.Select(s => s.Reason)), false), shortages.ToImmutable());

        string? FreeAddress(VmSubnet subnet)
        {
            var taken = reserved.OverlayAddresses.Count(subnet.Gives);
            Judge("overlay-address", AddressUnit, subnet.Network.ToString(), 1, subnet.Count, taken, "WireGuard:VmSubnet less its network, gateway and broadcast addresses");
            return subnet.FirstFree(reserved.OverlayAddresses)?.ToString();
        }

        void JudgeDisk()
        {
            if (offer.VmFileSystem is not { } fs)
            {
                Judge("disk", ByteUnit, null, demand.DiskBytes, 0, reserved.DiskBytes, "no file system is known to hold the VMs' folder");
                return;
            }

            var images = ImageShare.Reserved(fs, offer.Policy, offer.ImageBytes);
            Judge("disk", ByteUnit, fs.MountPoint, demand.DiskBytes, DiskOffer.Of(fs, offer.Policy), reserved.DiskBytes + images, DiskReason(offer, spec, demand, fs, images));
        }

        void Judge(string resource, string unit, string? where, long asked, long offered, long taken, string why)
        {
            var free = Math.Max(0, offered - taken);
            if (asked > free)
            {
                var place = where is null ? "" : $" on {where}";
                shortages.Add(new(resource, unit, where, asked, offered, taken, free, Text($"Not enough {resource}{place}: {asked} {unit} are asked for, {free} are free of {offered} ({why}). Ask for less, or delete VMs.")));
            }
        }
    }

    private static string CpuReason(Offer offer) => Text(
        $"{offer.Host.Threads} hardware threads less {offer.Policy.ReserveCpus} for the host, times {offer.Policy.CpuOvercommitRatio}");

    private static string MemoryReason(Offer offer, VmSpec spec, VmDemand demand) => Text(
        $"{offer.Host.MemoryBytes} bytes less {offer.Policy.ReserveMemoryBytes} for the host; {demand.MemoryBytes - spec.MemoryBytes} of what is asked for is QEMU's own");

    private static string DiskReason(Offer offer, VmSpec spec, VmDemand demand, FileSystemCapacity fs, long images) => Text(
        $"{fs.TotalBytes} bytes less what others use and {offer.Policy.ReserveDiskBytes} for the host; {images} are set aside for images; disks count at their full size, and {demand.DiskBytes - spec.DiskBytes} of what is asked for are logs and tables");

    private static string UnknownGpus(Offer offer, List<string> unknown)
    {
        var known = offer.Host.Gpus.IsEmpty ? "The node has none that a VM can be given." : $"It has {string.Join(", ", offer.Host.Gpus.Select(g => g.Address).Order(StringComparer.Ordinal))}.";
        return $"The node has no GPU that a VM can be given at {string.Join(", ", unknown)}: there is none, or its IOMMU group can't be handed over as a whole. {known}";
    }

    private static (ImmutableArray<VmGpu> Granted, ImmutableArray<ShortageResource> Shortages) Grant(Offer offer, Reservations reserved, ImmutableArray<string> wishes)
    {
        if (wishes.IsEmpty)
        {
            return ([], []);
        }

        var offered = offer.Gpus;
        var free = offered.Where(g => reserved.HolderOf(g) is null).ToList();
        var granted = ImmutableArray.CreateBuilder<VmGpu>();
        var shortages = ImmutableArray.CreateBuilder<ShortageResource>();
        var why = offer.Policy.OfferGpus ? "each goes to one VM as a whole" : "the node's owner offers none";
        var missing = 0;

        // Those that are named come first, or one that somebody named would be given to somebody who takes any.
        foreach (var wish in wishes.OrderBy(w => w == GpuWish.Any))
        {
            if (free.Find(g => wish == GpuWish.Any ? !IsGrantedWith(g) : g.Address == wish) is { } gpu)
            {
                granted.Add(new(gpu.Address, gpu.Functions));
                free.Remove(gpu);
            }
            else if (wish == GpuWish.Any)
            {
                missing++;
            }
            else
            {
                var holder = offered.FirstOrDefault(g => g.Address == wish) is { } taken && reserved.HolderOf(taken) is { } vm ? $"VM {vm} has it, or a function of its IOMMU group" : why;
                Short(wish, 1, 0, $"The GPU {wish} is not free: {holder}. Ask for another, or for '{GpuWish.Any}'.");
            }
        }

        if (missing > 0)
        {
            // Two of one group are free and yet not both to be had by those who take any, so that what could be given is what counts.
            Short(null, wishes.Length, granted.Count, Text($"Not enough gpu: {wishes.Length} are asked for, {granted.Count} could be given of {offered.Length} ({why}). Ask for fewer, or delete VMs."));
        }

        return (granted.ToImmutable(), shortages.ToImmutable());

        // What shares an IOMMU group with one that this VM gets comes along, and is no second GPU for those who take any.
        bool IsGrantedWith(GpuCapacity gpu) => granted.Any(g => g.Functions.Intersect(gpu.Functions, StringComparer.Ordinal).Any());
        void Short(string? where, int asked, int givable, string reason)
        {
            var all = where is null ? offered.Length : offered.Count(g => g.Address == where);
            shortages.Add(new("gpu", GpuUnit, where, asked, all, all - givable, givable, reason));
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
