namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The processors.</summary>
public sealed record CpuResource
{
    /// <summary>The model's name, for people.</summary>
    public string? Model { get; init; }

    /// <summary>Who made it, for example <c>AuthenticAMD</c>, <c>GenuineIntel</c> or <c>ARM</c>.</summary>
    public string? Vendor { get; init; }

    /// <summary>Processor packages.</summary>
    public int? Sockets { get; init; }

    /// <summary>Cores of all packages.</summary>
    public int? Cores { get; init; }

    /// <summary>Hardware threads that are on line.</summary>
    public required int Threads { get; init; }

    /// <summary>The highest frequency in MHz.</summary>
    public double? MaxFrequencyMegahertz { get; init; }

    /// <summary>The lowest frequency in MHz.</summary>
    public double? MinFrequencyMegahertz { get; init; }

    /// <summary>The frequency without boost in MHz.</summary>
    public double? BaseFrequencyMegahertz { get; init; }

    /// <summary>The instruction-set extensions that matter to guests, by the kernel's names, in alphabetical order.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>The ability to run virtual machines.</summary>
    public required VirtualizationResource Virtualization { get; init; }

    /// <summary>The ability to hand devices to virtual machines.</summary>
    public required IommuResource Iommu { get; init; }

    /// <summary>Which threads lie close to which memory, ordered by id; empty where the kernel does not tell.</summary>
    public required IReadOnlyList<CpuNumaNodeResource> NumaNodes { get; init; }
}

/// <summary>The ability to run virtual machines.</summary>
/// <param name="Extension"><c>vmx</c> (Intel), <c>svm</c> (AMD) or <c>arm</c>; absent without one.</param>
/// <param name="KvmOpens">Whether the agent can open <c>/dev/kvm</c>; absent where there is no KVM to ask for.</param>
/// <param name="IsNested">Whether guests may run virtual machines themselves.</param>
public sealed record VirtualizationResource(string? Extension, bool? KvmOpens, bool? IsNested);

/// <summary>The ability to hand devices to virtual machines.</summary>
/// <param name="IsEnabled">Whether the kernel uses an IOMMU.</param>
/// <param name="Kind"><c>intel-vtd</c>, <c>amd-vi</c>, <c>arm-smmu</c> or <c>other</c>.</param>
/// <param name="Groups">How many groups of devices it keeps apart.</param>
public sealed record IommuResource(bool IsEnabled, string? Kind, int Groups);

/// <summary>Threads that lie close to the same memory.</summary>
/// <param name="Id">The node's number.</param>
/// <param name="Threads">How many threads.</param>
/// <param name="ThreadIds">Their numbers, as ranges such as <c>0-31,64-95</c>.</param>
public sealed record CpuNumaNodeResource(int Id, int Threads, string ThreadIds);
