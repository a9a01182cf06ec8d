namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>What the machine is made of. A fact that could not be read is absent; why is said in <see cref="Gaps"/> where it is unusual.</summary>
public sealed record NodeResources
{
    /// <summary>When it was read.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>The machine and its operating system.</summary>
    public required HostResource Host { get; init; }

    /// <summary>The processors.</summary>
    public required CpuResource Cpu { get; init; }

    /// <summary>The memory.</summary>
    public required MemoryResource Memory { get; init; }

    /// <summary>The disks and file systems.</summary>
    public required StorageResource Storage { get; init; }

    /// <summary>The network interfaces.</summary>
    public required NetworkResource Network { get; init; }

    /// <summary>The GPUs.</summary>
    public required GpusResource Gpus { get; init; }

    /// <summary>What should have been there and could not be read, a sentence each. Empty as a rule.</summary>
    public required IReadOnlyList<string> Gaps { get; init; }
}

/// <summary>The machine and its operating system.</summary>
public sealed record HostResource
{
    /// <summary>The machine's name on its network.</summary>
    public string? Hostname { get; init; }

    /// <summary>Name and version of the operating system, for people.</summary>
    public string? OperatingSystem { get; init; }

    /// <summary>Version of the kernel.</summary>
    public string? KernelVersion { get; init; }

    /// <summary>Instruction set as the kernel names it: <c>x86_64</c>, <c>aarch64</c>, ….</summary>
    public string? Architecture { get; init; }

    /// <summary>Who made the machine, as its firmware says.</summary>
    public string? Vendor { get; init; }

    /// <summary>The machine's model, as its firmware says.</summary>
    public string? Product { get; init; }

    /// <summary><c>none</c> for bare metal, else what the machine runs in: <c>vm</c> or <c>container</c>.</summary>
    public string? Confinement { get; init; }

    /// <summary>When the machine was booted.</summary>
    public DateTimeOffset? BootedAt { get; init; }
}
