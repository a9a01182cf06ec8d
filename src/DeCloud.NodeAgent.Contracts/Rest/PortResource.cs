namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>A port of the host that leads to a port of a VM.</summary>
public sealed record PortResource
{
    /// <summary>The VM.</summary>
    public required Guid VmId { get; init; }

    /// <summary>The guest's port, 1 to 65535.</summary>
    public required int GuestPort { get; init; }

    /// <summary><c>tcp</c>, <c>udp</c> or <c>both</c>.</summary>
    public required string Protocol { get; init; }

    /// <summary>The host's port.</summary>
    public required int HostPort { get; init; }

    /// <summary>A word of the asker's; absent for none.</summary>
    public string? Label { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>Since when the port is given.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>The forwarded ports of the node or of one VM.</summary>
/// <param name="Items">The ports, ordered by host port.</param>
/// <param name="RangeStart">The lowest host port that is given.</param>
/// <param name="RangeEnd">The highest host port that is given.</param>
/// <param name="Network">How the VMs' network stands.</param>
public sealed record PortListResource(IReadOnlyList<PortResource> Items, int RangeStart, int RangeEnd, VmNetworkResource Network);

/// <summary>How the VMs' network stands.</summary>
/// <param name="Isolation">
/// Whether VMs are kept apart from this host, its network and each other: <c>starting</c>, <c>on</c>, <c>off</c> (as configured), <c>unavailable</c> (VMs run without it) or <c>failed</c> (VMs are
/// not started).
/// </param>
/// <param name="Forwarding">Whether ports are forwarded.</param>
/// <param name="Reason">Why something is missing; absent when nothing is.</param>
public sealed record VmNetworkResource(string Isolation, bool Forwarding, string? Reason);

/// <summary>A wish for a port.</summary>
public sealed record AllocatePortRequest
{
    /// <summary>The guest's port, 1 to 65535.</summary>
    public required int GuestPort { get; init; }

    /// <summary><c>tcp</c> (also when absent), <c>udp</c> or <c>both</c>.</summary>
    public string Protocol { get; init; } = "";

    /// <summary>The host's port, inside the node's range; absent for the lowest free one.</summary>
    public int? HostPort { get; init; }

    /// <summary>A word to know the port by, at most 63 characters.</summary>
    public string? Label { get; init; }
}
