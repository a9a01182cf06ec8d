namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The overlay network as the node sees it.</summary>
public sealed record WireGuardResource
{
    /// <summary><c>off</c> (WireGuard:Address is not set), <c>starting</c>, <c>up</c>, or <c>unavailable</c> with a reason.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not up, and what to do.</summary>
    public string? Reason { get; init; }

    /// <summary>Since when the state is what it is.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Name of the network interface.</summary>
    public required string InterfaceName { get; init; }

    /// <summary><c>kernel</c> or <c>userspace</c> (wireguard-go); absent while there is no interface.</summary>
    public string? Implementation { get; init; }

    /// <summary>UDP port on which peers reach this node.</summary>
    public required int ListenPort { get; init; }

    /// <summary>The node's address in the overlay with the overlay's prefix, in CIDR notation.</summary>
    public string? Address { get; init; }

    /// <summary>The node's public key in base64, which its peers must know.</summary>
    public string? PublicKey { get; init; }

    /// <summary>Number of the node's key, from 1; each rotation makes the next.</summary>
    public int? KeyId { get; init; }

    /// <summary>Since when the node has this key.</summary>
    public DateTimeOffset? KeySince { get; init; }

    /// <summary>When the interface was last looked at; what is said of sessions is of then. At most 10 s ago while it is up.</summary>
    public DateTimeOffset? ObservedAt { get; init; }

    /// <summary>The peers the node shall have, ordered by public key.</summary>
    public required IReadOnlyList<WireGuardPeerResource> Peers { get; init; }

    /// <summary>What leads VMs into the overlay; absent when WireGuard:VmSubnet is not set.</summary>
    public WireGuardVmsResource? Vms { get; init; }
}

/// <summary>What leads the node's VMs into the overlay.</summary>
public sealed record WireGuardVmsResource
{
    /// <summary><c>starting</c>, <c>up</c>, or <c>unavailable</c> with a reason; attached VMs are started only while it is up.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not up, and what to do.</summary>
    public string? Reason { get; init; }

    /// <summary>The part of the overlay that VMs get addresses from. A peer of this node names it among the node's allowed IPs.</summary>
    public required string Subnet { get; init; }

    /// <summary>The address of the bridge, the VMs' way to the rest of the overlay.</summary>
    public required string Gateway { get; init; }

    /// <summary>The bridge that they are on.</summary>
    public required string Bridge { get; init; }

    /// <summary>How many addresses are left.</summary>
    public required long FreeAddresses { get; init; }

    /// <summary>The VMs that are attached, ordered by id.</summary>
    public required IReadOnlyList<AttachedVmResource> Attached { get; init; }
}

/// <summary>A VM that is attached to the overlay.</summary>
/// <param name="VmId">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address in the overlay.</param>
/// <param name="Problem">Why it is cut off there, when it is.</param>
public sealed record AttachedVmResource(Guid VmId, string Name, string Address, string? Problem);

/// <summary>A peer of the overlay.</summary>
public sealed record WireGuardPeerResource
{
    /// <summary>Its public key in base64.</summary>
    public required string PublicKey { get; init; }

    /// <summary>Where it was said to be reached, <c>address:port</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The networks of the overlay behind it.</summary>
    public required IReadOnlyList<string> AllowedIps { get; init; }

    /// <summary>Seconds between packets that keep a NAT open; 0 for none.</summary>
    public required int KeepaliveSeconds { get; init; }

    /// <summary>Whether there is a preshared key. The key itself is never shown.</summary>
    public required bool HasPresharedKey { get; init; }

    /// <summary>
    /// <c>absent</c> (not on the interface yet), <c>connected</c> (the last handshake is at most 180 s old), <c>idle</c> (no session, and nothing asks for one) or <c>stale</c> (keepalives or
    /// traffic ask for a session and the peer does not answer).
    /// </summary>
    public required string State { get; init; }

    /// <summary>Why it is not on the interface although it is wanted.</summary>
    public string? Problem { get; init; }

    /// <summary>Where it was last heard of.</summary>
    public string? CurrentEndpoint { get; init; }

    /// <summary>The last handshake.</summary>
    public DateTimeOffset? LastHandshakeAt { get; init; }

    /// <summary>Bytes received from it since the interface was made.</summary>
    public required long ReceivedBytes { get; init; }

    /// <summary>Bytes sent to it since the interface was made.</summary>
    public required long SentBytes { get; init; }
}

/// <summary>The body of <c>PUT /api/wireguard/peers/{publicKey}</c>: the whole of what the peer shall be. What is left out is none.</summary>
public sealed record PutWireGuardPeerRequest
{
    /// <summary>Where the peer can be reached: an IP address and a port, <c>192.0.2.1:51820</c> or <c>[2001:db8::1]:51820</c>. Absent to wait until it calls.</summary>
    public string? Endpoint { get; init; }

    /// <summary>1 to 64 addresses and networks behind the peer, inside the overlay's prefix, in common with no other peer's and without this node's own.</summary>
    public required IReadOnlyList<string> AllowedIps { get; init; }

    /// <summary>Seconds between packets that keep a NAT open, 1 to 65535; 0 for none.</summary>
    public int KeepaliveSeconds { get; init; }

    /// <summary>A key that both sides share beside their own, 44 characters of base64. Never shown again.</summary>
    public string? PresharedKey { get; init; }
}

/// <summary>The node's key after a rotation.</summary>
/// <param name="PublicKey">Its public half in base64. Peers reach the node again once they know it.</param>
/// <param name="KeyId">Its number.</param>
public sealed record WireGuardKeyResource(string PublicKey, int KeyId);
