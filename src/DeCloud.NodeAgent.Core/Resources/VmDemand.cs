using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>What a VM takes of the host at the most, from the moment it is let in until nothing is left of it, whether it runs or not: a stopped VM may be started at any time.</summary>
/// <param name="VCpus">Virtual CPUs.</param>
/// <param name="MemoryBytes">The guest's memory and QEMU's own.</param>
/// <param name="DiskBytes">The disk at its full size, however little of it is written, with everything else that is kept for the VM.</param>
public readonly record struct VmDemand(int VCpus, long MemoryBytes, long DiskBytes)
{
    private const long MiB = 1L << 20;

    /// <summary>What a VM takes.</summary>
    /// <param name="spec">What it shall be.</param>
    public static VmDemand Of(VmSpec spec) => new(spec.VCpus, spec.MemoryBytes + MemoryOverhead(spec.VCpus, spec.MemoryBytes), spec.DiskBytes + DiskOverhead(spec.DiskBytes));

    /// <summary>
    /// QEMU's memory beside the guest's, as KubeVirt estimates it (<c>GetMemoryOverhead</c> of its virt-controller): page tables, 1/512 of the guest's memory; 8 MiB for each virtual CPU;
    /// 8 MiB for the I/O thread; 16 MiB of video memory; 30 MiB for QEMU itself. What KubeVirt adds for a libvirt in every pod is left out. Software emulation takes more, by its code cache.
    /// </summary>
    /// <param name="vCpus">Virtual CPUs.</param>
    /// <param name="memoryBytes">The guest's memory.</param>
    public static long MemoryOverhead(int vCpus, long memoryBytes) => (memoryBytes / 512) + (8 * MiB * vCpus) + (8 * MiB) + (16 * MiB) + (30 * MiB);

    /// <summary>
    /// What lies beside the disk's contents. The image's own tables, for clusters of 64 KiB: an L2 entry of 8 bytes and a reference count of 2 for each (docs/interop/qcow2.txt of QEMU). The console's log:
    /// 2 MiB and three older ones (<c>max_size</c> and <c>max_backups</c> of virtlogd.conf). The seed, user data, headers and what is lost to rounding: 4 MiB.
    /// </summary>
    /// <param name="diskBytes">The disk's size.</param>
    public static long DiskOverhead(long diskBytes) => (diskBytes / 65536 * 10) + (4 * 2 * MiB) + (4 * MiB);
}
