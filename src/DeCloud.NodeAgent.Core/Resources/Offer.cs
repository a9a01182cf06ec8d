using System.Collections.Immutable;
using System.Globalization;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>What the host offers to VMs: what it has, times the overcommit ratio, less its own reserve. Only CPU is overcommitted.</summary>
/// <param name="Host">What it has.</param>
/// <param name="Policy">How much of it is offered.</param>
/// <param name="ImageBytes">What the images in the cache take.</param>
public sealed record Offer(HostCapacity Host, AdmissionPolicy Policy, long ImageBytes)
{
    /// <summary>Virtual CPUs.</summary>
    public long VCpus => (long)Math.Floor(Math.Max(0, Host.Threads - Policy.ReserveCpus) * Policy.CpuOvercommitRatio);

    /// <summary>Memory.</summary>
    public long MemoryBytes => Math.Max(0, Host.MemoryBytes - Policy.ReserveMemoryBytes);

    /// <summary>The file system of the VMs' disks; null when none is known.</summary>
    public FileSystemCapacity? VmFileSystem => Host.FileSystems.FirstOrDefault(f => f.HoldsVms);

    /// <summary>GPUs, by address.</summary>
    public ImmutableArray<GpuCapacity> Gpus => Policy.OfferGpus ? [.. Host.Gpus.OrderBy(g => g.Address, StringComparer.Ordinal)] : [];

    /// <summary>What is wrong with what is reserved, a sentence each; nothing is done about it.</summary>
    /// <param name="reserved">What is reserved.</param>
    /// <param name="gpus">The GPUs of each VM.</param>
    public ImmutableArray<string> Warnings(Reservations reserved, IEnumerable<KeyValuePair<VmId, VmSpec>> gpus)
    {
        var warnings = ImmutableArray.CreateBuilder<string>();
        Compare("virtual CPUs", reserved.VCpus, VCpus);
        Compare("bytes of memory", reserved.MemoryBytes, MemoryBytes);
        foreach (var f in Host.FileSystems.OrderBy(f => f.MountPoint, StringComparer.Ordinal))
        {
            Compare($"bytes of {f.MountPoint}", (f.HoldsVms ? reserved.DiskBytes : 0) + ImageShare.Reserved(f, Policy, ImageBytes), DiskOffer.Of(f, Policy));
        }

        if (VmFileSystem is null && reserved.Vms > 0)
        {
            warnings.Add("No file system is known to hold the VMs' disks.");
        }

        var there = Host.Gpus.Select(g => g.Address).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, spec) in gpus)
        {
            warnings.AddRange((spec.Gpus ?? []).Where(g => !there.Contains(g.Address)).Select(g => $"The GPU {g.Address} of VM {id} can't be given to a VM any more; the VM will not start without it."));
        }

        return warnings.ToImmutable();

        void Compare(string what, long taken, long offered)
        {
            if (taken > offered)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"{taken} {what} are reserved and {offered} are offered: the host has become smaller, or is told to offer less. The VMs that are there stay; no more are let in."));
            }
        }
    }
}
