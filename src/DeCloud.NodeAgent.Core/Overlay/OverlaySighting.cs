using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>What was seen on the host.</summary>
/// <param name="Links">The network interfaces that matter: the one of the configured name, and any that carries this agent's mark.</param>
/// <param name="Device">What WireGuard says of the interface of the configured name; null when there is none or it is no WireGuard interface.</param>
/// <param name="IsBeingMade">Whether this agent noted that it was about to make the interface, and was stopped before it could mark it.</param>
public sealed record OverlaySighting(ImmutableArray<SeenLink> Links, SeenDevice? Device, bool IsBeingMade);

/// <summary>A network interface.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind, <c>wireguard</c> for the kernel's, <c>tun</c> for a process's; null where the kernel names none.</param>
/// <param name="Alias">The mark it carries.</param>
/// <param name="IsUp">Whether it is switched on.</param>
/// <param name="Addresses">Its addresses, link-local ones left out.</param>
public sealed record SeenLink(string Name, string? Kind, string? Alias, bool IsUp, ImmutableArray<InterfaceAddress> Addresses)
{
    /// <summary>Its Ethernet address in lower case; null where it has none.</summary>
    public string? MacAddress { get; init; }

    /// <summary>The bridge it is on; null when it is on none.</summary>
    public string? Master { get; init; }
}

/// <summary>A WireGuard interface as <c>wg show dump</c> tells it, less the private key.</summary>
/// <param name="PublicKey">Its key; null when it has none.</param>
/// <param name="ListenPort">Its UDP port.</param>
/// <param name="Peers">Its peers.</param>
public sealed record SeenDevice(PublicKey? PublicKey, int ListenPort, ImmutableArray<SeenPeer> Peers);

/// <summary>A peer as <c>wg show dump</c> tells it.</summary>
/// <param name="PublicKey">Its key.</param>
/// <param name="PresharedKey">The preshared key, or null.</param>
/// <param name="Endpoint">Where it was last heard of, or null.</param>
/// <param name="AllowedIps">The networks behind it, in the form of <see cref="OverlayRules.Canonical"/>.</param>
/// <param name="HandshakeAt">The last handshake, or null.</param>
/// <param name="ReceivedBytes">Bytes from it.</param>
/// <param name="SentBytes">Bytes to it.</param>
/// <param name="KeepaliveSeconds">Seconds between keepalives; 0 for none.</param>
public sealed record SeenPeer(
    PublicKey PublicKey, PresharedKey? PresharedKey, string? Endpoint, ImmutableArray<string> AllowedIps, DateTimeOffset? HandshakeAt, long ReceivedBytes, long SentBytes, int KeepaliveSeconds);
