using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>What somebody asks a peer to be, as it was written.</summary>
/// <param name="Endpoint">Where the peer can be reached, <c>address:port</c>; null to wait until it calls.</param>
/// <param name="AllowedIps">Addresses and networks of the overlay that are behind the peer.</param>
/// <param name="KeepaliveSeconds">Seconds between packets that keep a NAT open, 0 for none.</param>
public sealed record PeerWish(string? Endpoint, IReadOnlyList<string> AllowedIps, int KeepaliveSeconds);

/// <summary>Something that is wrong with a wish.</summary>
/// <param name="Field">The field, as it is named on the wire.</param>
/// <param name="Value">What was sent.</param>
/// <param name="Reason">What is wrong, and what would be right.</param>
public sealed record OverlayObjection(string Field, string? Value, string Reason);

/// <summary>
/// Which peers this node takes. A peer speaks for what its allowed IPs say, so they must lie in the overlay, and nobody may speak for what is another's or the node's own.
/// </summary>
public static class OverlayRules
{
    /// <summary>The most networks behind one peer.</summary>
    public const int MostAllowedIps = 64;

    /// <summary>The most peers of a node.</summary>
    public const int MostPeers = 1000;

    private const int MostKeepalive = 65535;

    /// <summary>What is wrong with a peer that is asked for, without regard to the other peers.</summary>
    /// <param name="settings">This node, which takes part in an overlay.</param>
    /// <param name="wish">What is asked for.</param>
    public static IReadOnlyList<OverlayObjection> Check(OverlaySettings settings, PeerWish wish)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(wish);
        var objections = new List<OverlayObjection>();
        if (wish.Endpoint is not null && CheckEndpoint(settings, wish.Endpoint) is { } reason)
        {
            objections.Add(new("endpoint", wish.Endpoint, reason));
        }

        if (wish.AllowedIps.Count is 0 or > MostAllowedIps)
        {
            objections.Add(new("allowedIps", null, $"must hold 1 to {MostAllowedIps} networks; it holds {wish.AllowedIps.Count}."));
        }

        var seen = new List<IPNetwork>();
        foreach (var text in wish.AllowedIps.Take(MostAllowedIps))
        {
            if (CheckAllowed(settings, seen, text, out var network) is { } objection)
            {
                objections.Add(new("allowedIps", text, objection));
            }
            else
            {
                seen.Add(network);
            }
        }

        if (wish.KeepaliveSeconds is < 0 or > MostKeepalive)
        {
            objections.Add(new("keepaliveSeconds", wish.KeepaliveSeconds.ToString(CultureInfo.InvariantCulture), $"must be 0 (none) to {MostKeepalive}."));
        }

        return objections;
    }

    /// <summary>Why a peer can't be beside the others, or null.</summary>
    /// <param name="own">The node's own public key.</param>
    /// <param name="others">The peers there are; the one that is asked for may be among them.</param>
    /// <param name="key">The peer that is asked for.</param>
    /// <param name="allowedIps">What it is to speak for, in form.</param>
    public static string? Conflict(PublicKey? own, IEnumerable<OverlayPeer> others, PublicKey key, IReadOnlyList<string> allowedIps)
    {
        ArgumentNullException.ThrowIfNull(others);
        if (own == key)
        {
            return "The public key is this node's own. A node is no peer of itself.";
        }

        var wanted = allowedIps.Select(Parse).ToList();
        var count = 0;
        foreach (var other in others.Where(o => o.PublicKey != key))
        {
            count++;
            foreach (var taken in other.AllowedIps)
            {
                var network = Parse(taken);
                if (wanted.FirstOrDefault(w => w.Meets(network)) is var met && wanted.Any(w => w.Meets(network)))
                {
                    return $"The allowed IPs {met} overlap with {taken} of the peer {other.PublicKey}. Remove them there first, or give others.";
                }
            }
        }

        return count >= MostPeers ? $"The node has {MostPeers} peers already, which is the most. Remove one first." : null;
    }

    /// <summary>The networks in the one form that is kept: without host bits, with a length, in order.</summary>
    /// <param name="allowedIps">Networks that were found right.</param>
    public static ImmutableArray<string> Canonical(IEnumerable<string> allowedIps) =>
        [.. allowedIps.Select(Parse).OrderBy(n => n.BaseAddress.AddressFamily).ThenBy(n => Convert.ToHexString(n.BaseAddress.GetAddressBytes()), StringComparer.Ordinal).Select(n => n.ToString())];

    /// <summary>Reads where a peer is.</summary>
    /// <param name="text"><c>192.0.2.1:51820</c> or <c>[2001:db8::1]:51820</c>.</param>
    /// <param name="endpoint">The endpoint, when the text is one.</param>
    public static bool TryParseEndpoint(string text, [NotNullWhen(true)] out IPEndPoint? endpoint)
    {
        ArgumentNullException.ThrowIfNull(text);
        endpoint = null;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is 0 or > 65535)
        {
            return false;
        }

        var host = text[..colon];
        var isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var address)
            || isBracketed != (address.AddressFamily == AddressFamily.InterNetworkV6)
            || host.Contains('%', StringComparison.Ordinal)
            || (!isBracketed && host.Count(c => c == '.') != 3))
        {
            return false;
        }

        endpoint = new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
        return true;
    }

    private static IPNetwork Parse(string text) => OverlayNetworks.TryParse(text, out var network) ? network : throw new FormatException($"'{text}' is no network.");

    // Names are not resolved: wg would wait for the name server, and the address could be another each time.
    private static string? CheckEndpoint(OverlaySettings settings, string text)
    {
        if (!TryParseEndpoint(text, out var endpoint))
        {
            return "must be an IP address and a port, such as 192.0.2.1:51820 or [2001:db8::1]:51820.";
        }

        var address = endpoint.Address;
        var bytes = address.GetAddressBytes();
        var isUnusable = IPAddress.IsLoopback(address)
            || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Broadcast)
            || address.IsIPv6Multicast || address.IsIPv6LinkLocal
            || (bytes.Length == 4 && (bytes[0] is 0 or >= 224 || (bytes[0] == 169 && bytes[1] == 254)));
        if (isUnusable)
        {
            return "must be the address of another machine: no loopback, link-local, multicast, broadcast or unspecified address.";
        }

        return settings.Address is { } own && own.Network.Contains(address)
            ? $"lies in the overlay {own.Network} itself; give the address under which the peer is reached outside of it."
            : null;
    }

    private static string? CheckAllowed(OverlaySettings settings, List<IPNetwork> seen, string? text, out IPNetwork network)
    {
        if (!OverlayNetworks.TryParse(text, out network))
        {
            return "must be an address or a network without host bits, such as 10.80.2.0/24.";
        }

        var it = network;
        if (settings.Address is { } own && !own.Network.Holds(it))
        {
            return $"lies outside of the overlay, which is {own.Network}.";
        }

        if (settings.Own.Any(o => o.Meets(it)))
        {
            return $"holds what is this node's own: {string.Join(" and ", settings.Own)}.";
        }

        return seen.Any(s => s.Meets(it)) ? "overlaps with another of the same peer." : null;
    }
}
