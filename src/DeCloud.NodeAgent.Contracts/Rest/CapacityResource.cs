namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>
/// What the node offers to VMs, what of it is reserved and what is free. A VM's part is reserved from the moment its creation is accepted until nothing is left of it, whether it runs or not.
/// Free is offered less reserved; where more is reserved than offered (the machine has become smaller), nothing is free, and the VMs that are there are left alone.
/// </summary>
public sealed record CapacityResource
{
    /// <summary>Virtual CPUs.</summary>
    public required CpuOfferResource Cpu { get; init; }

    /// <summary>Memory.</summary>
    public required MemoryOfferResource Memory { get; init; }

    /// <summary>The file systems of VMs and images, ordered by mount point.</summary>
    public required IReadOnlyList<DiskOfferResource> Disks { get; init; }

    /// <summary>GPUs.</summary>
    public required GpuOffersResource Gpus { get; init; }

    /// <summary>What each VM takes, ordered by id; the sums are what is reserved.</summary>
    public required IReadOnlyList<VmReservationResource> Vms { get; init; }

    /// <summary>What is wrong, a sentence each: more is reserved than offered, or a VM's GPU is gone.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }
}

/// <summary>Virtual CPUs that are offered.</summary>
/// <param name="Threads">Hardware threads of the host.</param>
/// <param name="HostReserve">Hardware threads that are kept for the host.</param>
/// <param name="OvercommitRatio">Virtual CPUs that are offered for each of the others.</param>
/// <param name="Offered">Virtual CPUs that are offered.</param>
/// <param name="Reserved">Virtual CPUs of the VMs.</param>
/// <param name="Free">What is left.</param>
/// <param name="Oversubscribed">Whether more is reserved than offered.</param>
public sealed record CpuOfferResource(int Threads, int HostReserve, double OvercommitRatio, long Offered, long Reserved, long Free, bool Oversubscribed);

/// <summary>Memory that is offered; never more than there is.</summary>
/// <param name="TotalBytes">Memory of the host.</param>
/// <param name="HostReserveBytes">What is kept for the host.</param>
/// <param name="OfferedBytes">What is offered.</param>
/// <param name="ReservedBytes">What the VMs take, QEMU's own memory included.</param>
/// <param name="FreeBytes">What is left.</param>
/// <param name="Oversubscribed">Whether more is reserved than offered.</param>
public sealed record MemoryOfferResource(long TotalBytes, long HostReserveBytes, long OfferedBytes, long ReservedBytes, long FreeBytes, bool Oversubscribed);

/// <summary>What a file system offers; never more than there is, counting every disk at its full size.</summary>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Holds"><c>vms</c>, <c>images</c> or both.</param>
/// <param name="TotalBytes">Its size.</param>
/// <param name="UsedByOthersBytes">What is taken by others than VMs and images, or kept by the file system for itself.</param>
/// <param name="HostReserveBytes">What is kept free for the host.</param>
/// <param name="OfferedBytes">What is offered to VMs and images.</param>
/// <param name="ReservedByVmsBytes">The VMs' disks at their full size, with their logs and tables.</param>
/// <param name="ReservedByImagesBytes">What is set aside for the image cache, filled or not.</param>
/// <param name="FreeBytes">What is left.</param>
/// <param name="Oversubscribed">Whether more is reserved than offered.</param>
public sealed record DiskOfferResource(
    string MountPoint,
    IReadOnlyList<string> Holds,
    long TotalBytes,
    long UsedByOthersBytes,
    long HostReserveBytes,
    long OfferedBytes,
    long ReservedByVmsBytes,
    long ReservedByImagesBytes,
    long FreeBytes,
    bool Oversubscribed);

/// <summary>GPUs that are offered; each goes to one VM as a whole.</summary>
/// <param name="Offered">How many.</param>
/// <param name="Reserved">How many VMs have.</param>
/// <param name="Free">How many are left.</param>
/// <param name="Items">Which they are, ordered by address.</param>
public sealed record GpuOffersResource(int Offered, int Reserved, int Free, IReadOnlyList<GpuOfferResource> Items);

/// <summary>A GPU that can be handed to a VM.</summary>
/// <param name="Address">Its PCI address.</param>
/// <param name="Model">Its name.</param>
/// <param name="MemoryBytes">Its memory; absent where nothing tells.</param>
/// <param name="Functions">The PCI functions that go to the VM together.</param>
/// <param name="Vm">The VM that has it, or that has another function of its IOMMU group.</param>
public sealed record GpuOfferResource(string Address, string Model, long? MemoryBytes, IReadOnlyList<string> Functions, Guid? Vm);

/// <summary>What a VM takes.</summary>
/// <param name="Id">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="VCpus">Virtual CPUs.</param>
/// <param name="MemoryBytes">The guest's memory and QEMU's own.</param>
/// <param name="DiskBytes">The disk at its full size, with its log and tables.</param>
/// <param name="Gpus">The PCI addresses of its GPUs.</param>
public sealed record VmReservationResource(
    Guid Id, string Name, [property: System.Text.Json.Serialization.JsonPropertyName("vCpus")] int VCpus, long MemoryBytes, long DiskBytes, IReadOnlyList<string> Gpus);

/// <summary>A resource of which there is too little for a request.</summary>
/// <param name="Resource"><c>cpu</c>, <c>memory</c>, <c>disk</c>, <c>gpu</c> or <c>overlay-address</c>.</param>
/// <param name="Unit"><c>vcpus</c>, <c>bytes</c>, <c>gpus</c> or <c>addresses</c>.</param>
/// <param name="Where">The mount point of the file system, the address of the GPU that is taken, or the overlay's subnet; the figures are then of this one alone.</param>
/// <param name="Asked">What the request needs in all, overheads included.</param>
/// <param name="Offered">What the node offers.</param>
/// <param name="Reserved">What is reserved already.</param>
/// <param name="Free">What is left.</param>
/// <param name="Reason">The same in a sentence, and what would help.</param>
public sealed record ShortageResource(string Resource, string Unit, string? Where, long Asked, long Offered, long Reserved, long Free, string Reason);
