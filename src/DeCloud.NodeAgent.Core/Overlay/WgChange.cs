using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>A peer as it goes to the interface.</summary>
/// <param name="Peer">What it shall be.</param>
/// <param name="PresharedKey">The preshared key, or null for none.</param>
/// <param name="SetsEndpoint">Whether its endpoint is set; else where it was last heard of stays.</param>
public sealed record PeerChange(OverlayPeer Peer, PresharedKey? PresharedKey, bool SetsEndpoint);

/// <summary>What changes in a WireGuard interface. Peers that are not named are not touched at all.</summary>
/// <param name="PrivateKey">The key to set, or null to leave it.</param>
/// <param name="ListenPort">The port to set, or null to leave it.</param>
/// <param name="Set">Peers to add or to change.</param>
/// <param name="Remove">Peers to remove.</param>
public sealed record WgChange(PrivateKey? PrivateKey, int? ListenPort, ImmutableArray<PeerChange> Set, ImmutableArray<PublicKey> Remove)
{
    // What wg takes for "no preshared key": a key that is left out would stay.
    private const string NoPresharedKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

    /// <summary>Whether nothing changes.</summary>
    public bool IsEmpty => !HasText && Remove.IsEmpty;

    /// <summary>Whether something is set, beside what is removed.</summary>
    public bool HasText => PrivateKey is not null || ListenPort is not null || !Set.IsEmpty;

    /// <summary>The smallest change from what an interface is to what it shall be.</summary>
    /// <param name="target">What it shall be.</param>
    /// <param name="device">What it is; null for one that was just made.</param>
    /// <param name="now">The time, by which handshakes are judged.</param>
    public static WgChange Between(OverlayTarget target, SeenDevice? device, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(target);
        var seen = (device?.Peers ?? []).ToDictionary(p => p.PublicKey);
        var wanted = target.Peers.Select(p => p.Peer.PublicKey).ToHashSet();
        return new(
            device?.PublicKey == target.PublicKey ? null : target.PrivateKey,
            device?.ListenPort == target.ListenPort ? null : target.ListenPort,
            [.. target.Peers.Select(p => Change(p, seen.GetValueOrDefault(p.Peer.PublicKey), now)).OfType<PeerChange>()],
            [.. seen.Keys.Where(key => !wanted.Contains(key)).OrderBy(key => key.Text, StringComparer.Ordinal)]);
    }

    /// <summary>
    /// The change as a file for <c>wg addconf</c>. Every value is said, since wg leaves what is not: without a line a keepalive or a preshared key would stay. Holds secrets.
    /// </summary>
    public string ToText()
    {
        var text = new StringBuilder();
        if (PrivateKey is not null || ListenPort is not null)
        {
            text.Append("[Interface]\n");
            Line(text, "PrivateKey", PrivateKey?.Reveal());
            Line(text, "ListenPort", ListenPort?.ToString(CultureInfo.InvariantCulture));
        }

        foreach (var (peer, preshared, setsEndpoint) in Set)
        {
            text.Append("[Peer]\n");
            Line(text, "PublicKey", peer.PublicKey.Text);
            Line(text, "PresharedKey", preshared?.Reveal() ?? NoPresharedKey);
            Line(text, "AllowedIPs", string.Join(", ", peer.AllowedIps));
            Line(text, "Endpoint", setsEndpoint ? peer.Endpoint : null);
            Line(text, "PersistentKeepalive", peer.KeepaliveSeconds == 0 ? "off" : peer.KeepaliveSeconds.ToString(CultureInfo.InvariantCulture));
        }

        return text.ToString();
    }

    private static void Line(StringBuilder text, string name, string? value)
    {
        if (value is not null)
        {
            text.Append(name).Append(" = ").Append(value).Append('\n');
        }
    }

    private static PeerChange? Change(TargetPeer target, SeenPeer? seen, DateTimeOffset now)
    {
        var peer = target.Peer;
        var setsEndpoint = SetsEndpoint(target, seen, now);
        var isSame = seen is not null
            && !setsEndpoint
            && seen.KeepaliveSeconds == peer.KeepaliveSeconds
            && seen.AllowedIps.SequenceEqual(peer.AllowedIps)
            && (target.PresharedKey?.IsSameAs(seen.PresharedKey) ?? seen.PresharedKey is null);
        return isSame ? null : new(peer, target.PresharedKey, setsEndpoint);
    }

    // A peer that roams is where its last authentic packet came from, and that is right while the session lives. Else what was configured is the better guess.
    private static bool SetsEndpoint(TargetPeer target, SeenPeer? seen, DateTimeOffset now) =>
        target.Peer.Endpoint is { } wanted
        && (seen?.Endpoint is not { } actual
            || (!IsSameEndpoint(wanted, actual) && (target.IsNew || seen.HandshakeAt is not { } at || now - at > OverlayPlan.SessionLife)));

    private static bool IsSameEndpoint(string one, string other) =>
        one == other || (IPEndPoint.TryParse(one, out var first) && IPEndPoint.TryParse(other, out var second) && first.Equals(second));
}
