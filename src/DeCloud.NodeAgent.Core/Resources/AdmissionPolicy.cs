using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>How much of the host is offered to VMs.</summary>
public sealed record AdmissionPolicy
{
    /// <summary>Virtual CPUs that are offered for each hardware thread. CPU time is the one thing that can be shared out: QEMU's weights divide it when VMs want more than there is.</summary>
    public double CpuOvercommitRatio { get; init; } = 16;

    /// <summary>Hardware threads that are kept for the host, before the ratio.</summary>
    public int ReserveCpus { get; init; }

    /// <summary>Memory that is kept for the host.</summary>
    public long ReserveMemoryBytes { get; init; } = 1L << 30;

    /// <summary>What is kept free on every file system that holds VMs or images.</summary>
    public long ReserveDiskBytes { get; init; } = 5L << 30;

    /// <summary>Whether GPUs are offered.</summary>
    public bool OfferGpus { get; init; } = true;

    /// <summary>The part of the overlay that VMs can be attached to; null when none can.</summary>
    public VmSubnet? VmSubnet { get; init; }

    /// <summary>What all images together may take on disk, where the file system is large enough; see <see cref="ImageShare"/>.</summary>
    public long ImageBudgetBytes { get; init; } = 100L << 30;
}
