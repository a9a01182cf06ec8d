namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>An image in the cache.</summary>
public sealed record ImageResource
{
    /// <summary>SHA-256 of the file as it was downloaded, <c>sha256:…</c>; the image's identity.</summary>
    public required string Digest { get; init; }

    /// <summary>Where it was downloaded from first.</summary>
    public required string SourceUrl { get; init; }

    /// <summary><c>qcow2</c> or <c>raw</c>: what was downloaded. The cache itself always keeps qcow2.</summary>
    public required string SourceFormat { get; init; }

    /// <summary>Bytes it takes on disk.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Size of the disk it describes, in bytes.</summary>
    public required long VirtualSizeBytes { get; init; }

    /// <summary><c>pinned</c> when somebody gave the hash and it matched, else <c>recorded</c>.</summary>
    public required string Trust { get; init; }

    /// <summary>When it was imported.</summary>
    public required DateTimeOffset ImportedAt { get; init; }

    /// <summary>When a VM was last made from it.</summary>
    public required DateTimeOffset LastUsedAt { get; init; }

    /// <summary>The VMs whose disks stand on it; while there are any it can't be deleted.</summary>
    public required IReadOnlyList<Guid> UsedBy { get; init; }
}

/// <summary>What the image cache holds and may hold.</summary>
/// <param name="Items">The images, ordered by digest.</param>
/// <param name="UsedBytes">Bytes they take together.</param>
/// <param name="BudgetBytes">Bytes they may take together.</param>
/// <param name="FreeBytes">Bytes free on their file system.</param>
public sealed record ImageListResource(IReadOnlyList<ImageResource> Items, long UsedBytes, long BudgetBytes, long FreeBytes);

/// <summary>The port that was opened for one VNC viewer.</summary>
/// <param name="Host">Always the loopback address.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="ExpiresAt">Until when a viewer may connect.</param>
public sealed record VncTicketResource(string Host, int Port, DateTimeOffset ExpiresAt);

/// <summary>The node at a glance.</summary>
public sealed record NodeResource
{
    /// <summary>Version of the agent.</summary>
    public required string Version { get; init; }

    /// <summary>When the agent started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Seconds since then.</summary>
    public required double UptimeSeconds { get; init; }

    /// <summary>The connection to libvirt.</summary>
    public required HypervisorResource Hypervisor { get; init; }

    /// <summary>Counts of VMs by state.</summary>
    public required IReadOnlyDictionary<string, int> Vms { get; init; }

    /// <summary>How many domains on the host are not the agent's.</summary>
    public required int ForeignDomains { get; init; }

    /// <summary>Whether every VM was compared with libvirt since the connection came up.</summary>
    public required bool Reconciled { get; init; }
}

/// <summary>The connection to libvirt.</summary>
/// <param name="State"><c>connected</c>, <c>lost</c>, or <c>unsupported</c> where the host runs no VMs.</param>
/// <param name="Since">Since when.</param>
/// <param name="Reason">Why it was lost, or why there is none.</param>
/// <param name="LibvirtVersion">Version of the daemon.</param>
/// <param name="QemuVersion">Version of QEMU.</param>
/// <param name="Acceleration"><c>kvm</c>, <c>emulation</c> (allowed by configuration) or <c>none</c> (VMs are refused).</param>
/// <param name="AccelerationReason">Why.</param>
public sealed record HypervisorResource(string State, DateTimeOffset Since, string? Reason, string? LibvirtVersion, string? QemuVersion, string? Acceleration, string? AccelerationReason);
