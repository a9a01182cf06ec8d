using System.Collections.Immutable;
using System.Net;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>Everything the host's packet filter shall do for the VMs. Holds numbers, addresses and names of the agent's own making, never a word of a tenant.</summary>
/// <param name="Bridge">The bridge that the VMs' interfaces are on.</param>
/// <param name="IsIsolated">Whether VMs are kept from the host, from each other and from private networks, and from using addresses that are not theirs.</param>
/// <param name="ReachablePrivateNetworks">Private networks that VMs may reach nonetheless.</param>
/// <param name="RangeStart">The lowest host port that is forwarded.</param>
/// <param name="RangeEnd">The highest host port that is forwarded.</param>
/// <param name="Guests">The VMs, ordered by id.</param>
/// <param name="Forwards">The forwarded ports, ordered by host port; only of VMs whose address is known.</param>
public sealed record NetworkRules(
    string Bridge,
    bool IsIsolated,
    ImmutableArray<IPNetwork> ReachablePrivateNetworks,
    int RangeStart,
    int RangeEnd,
    ImmutableArray<GuestRule> Guests,
    ImmutableArray<ForwardRule> Forwards)
{
    /// <summary>Whether nothing is wanted of the packet filter.</summary>
    public bool IsEmpty => !IsIsolated && Forwards.IsEmpty;

    /// <inheritdoc/>
    public bool Equals(NetworkRules? other) =>
        other is not null && Bridge == other.Bridge && IsIsolated == other.IsIsolated && RangeStart == other.RangeStart && RangeEnd == other.RangeEnd
        && ReachablePrivateNetworks.SequenceEqual(other.ReachablePrivateNetworks) && Guests.SequenceEqual(other.Guests) && Forwards.SequenceEqual(other.Forwards);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Bridge, IsIsolated, Guests.Length, Forwards.Length);
}

/// <summary>A VM as the packet filter knows it.</summary>
/// <param name="VmId">The VM; its interface and Ethernet address follow from it.</param>
/// <param name="Address">The IPv4 address it may use; null while it has none, so that it can only ask for one.</param>
public sealed record GuestRule(VmId VmId, IPAddress? Address);

/// <summary>A forwarded port.</summary>
/// <param name="HostPort">The host's port.</param>
/// <param name="Protocol">What is forwarded.</param>
/// <param name="Address">The VM's address.</param>
/// <param name="GuestPort">The VM's port.</param>
public sealed record ForwardRule(int HostPort, PortProtocol Protocol, IPAddress Address, int GuestPort);

/// <summary>Whether VMs are kept apart from the provider's network.</summary>
public enum IsolationMode
{
    /// <summary>On where the host's packet filter can be used; a warning and no isolation where it can't.</summary>
    Auto,

    /// <summary>On; a VM is not started while the rules are not in force.</summary>
    On,

    /// <summary>Off: VMs reach whatever the host reaches.</summary>
    Off,
}

/// <summary>What the owner decided about the VMs' network.</summary>
public sealed record NetworkPolicy
{
    /// <summary>Whether VMs are kept apart from the provider's network.</summary>
    public IsolationMode Isolation { get; init; }

    /// <summary>Private networks that VMs may reach although they are isolated.</summary>
    public ImmutableArray<IPNetwork> ReachablePrivateNetworks { get; init; } = [];

    /// <summary>From where host ports are given.</summary>
    public PortPolicy Ports { get; init; } = new();
}
