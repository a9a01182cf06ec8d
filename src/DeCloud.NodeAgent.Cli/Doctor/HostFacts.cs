using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Doctor;

/// <summary>What was seen of the host. What could not be seen is null.</summary>
internal sealed record HostFacts
{
    /// <summary>Now, by this host's clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Whether the processor can virtualize (vmx or svm).</summary>
    public bool? CpuVirtualizes { get; init; }

    /// <summary>Whether /dev/kvm is there.</summary>
    public bool HasKvmDevice { get; init; }

    /// <summary>How many IOMMU groups there are.</summary>
    public int? IommuGroups { get; init; }

    /// <summary>The daemon's socket that answers; null when none does.</summary>
    public string? LibvirtSocket { get; init; }

    /// <summary>Why no daemon answers.</summary>
    public string? LibvirtProblem { get; init; }

    /// <summary>The user that QEMU runs as.</summary>
    public string? QemuUser { get; init; }

    /// <summary>The first folder on the way to the VMs' disks through which other users can't pass.</summary>
    public string? ClosedFolder { get; init; }

    /// <summary>Programs that the agent starts and that are not there, with the package that brings each.</summary>
    public IReadOnlyList<(string Program, string Package)> MissingPrograms { get; init; } = [];

    /// <summary>Whether the kernel has nf_tables.</summary>
    public bool? HasNfTables { get; init; }

    /// <summary>Whether the kernel passes IPv4 packets on.</summary>
    public bool? Forwards { get; init; }

    /// <summary>How many asynchronous reads and writes the kernel keeps for all processes together (fs.aio-max-nr).</summary>
    public long? AsynchronousIo { get; init; }

    /// <summary>Whether the kernel's clock is kept in step with others.</summary>
    public bool? ClockIsSynchronized { get; init; }

    /// <summary>The folder of the state.</summary>
    public string? StatePath { get; init; }

    /// <summary>Free bytes on its file system.</summary>
    public long? FreeBytes { get; init; }

    /// <summary>How fast it takes what is written, in bytes a second; null when it could not be tried.</summary>
    public double? WriteBytesPerSecond { get; init; }

    /// <summary>How long a small durable write takes.</summary>
    public TimeSpan? FlushTime { get; init; }

    /// <summary>The kernel's own range for outgoing connections.</summary>
    public (int First, int Last)? EphemeralPorts { get; init; }

    /// <summary>The ports that are given to VMs.</summary>
    public (int First, int Last)? VmPorts { get; init; }

    /// <summary>Whether somebody else than the agent holds the API's port.</summary>
    public bool? ApiPortIsTaken { get; init; }

    /// <summary>The API's port.</summary>
    public int? ApiPort { get; init; }

    /// <summary>Where the orchestrator is; null when none is configured.</summary>
    public string? OrchestratorUrl { get; init; }

    /// <summary>Why the orchestrator can't be reached.</summary>
    public string? OrchestratorProblem { get; init; }

    /// <summary>How far this host's clock is ahead of the orchestrator's.</summary>
    public TimeSpan? OrchestratorSkew { get; init; }

    /// <summary>The certificates that are configured.</summary>
    public IReadOnlyList<CertificateFacts> Certificates { get; init; } = [];

    /// <summary>What the agent's own check of its configuration said; null when the program is not here.</summary>
    public (bool IsSound, string Text)? Configuration { get; init; }

    /// <summary>Whether emulation is allowed.</summary>
    public bool AllowsEmulation { get; init; }

    /// <summary>How the agent says it is; null when it can't be reached.</summary>
    public HealthResource? Health { get; init; }

    /// <summary>Why the agent can't be reached.</summary>
    public string? AgentProblem { get; init; }
}

/// <summary>A configured certificate.</summary>
/// <param name="Key">The setting that names it.</param>
/// <param name="Path">The file.</param>
/// <param name="NotBefore">From when it holds; null when it could not be read.</param>
/// <param name="NotAfter">Until when.</param>
/// <param name="Problem">Why it could not be read.</param>
internal sealed record CertificateFacts(string Key, string Path, DateTimeOffset? NotBefore, DateTimeOffset? NotAfter, string? Problem);
