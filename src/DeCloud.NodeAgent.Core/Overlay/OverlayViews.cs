using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>How the overlay stands on the host.</summary>
/// <param name="Word"><c>off</c>, <c>starting</c>, <c>up</c> or <c>unavailable</c>.</param>
/// <param name="Reason">Why, when it is not up.</param>
/// <param name="Since">Since when.</param>
public sealed record OverlayCondition(string Word, string? Reason, DateTimeOffset Since);

/// <summary>The last look at the interface, with what can be said of peers only by comparing two.</summary>
/// <param name="Sighting">What was seen.</param>
/// <param name="At">When.</param>
/// <param name="Sending">The peers to which something went since the look before.</param>
public sealed record OverlayLook(OverlaySighting Sighting, DateTimeOffset At, IReadOnlySet<PublicKey> Sending);

/// <summary>Shows the overlay to the API.</summary>
public static class OverlayViews
{
    /// <summary>The overlay.</summary>
    /// <param name="state">What is wanted.</param>
    /// <param name="settings">What the operator set.</param>
    /// <param name="condition">How it stands.</param>
    /// <param name="look">What was last seen; null before the first look.</param>
    /// <param name="now">The time.</param>
    /// <param name="withoutKey">Peers whose preshared key is not where it should be.</param>
    public static WireGuardResource View(
        this OverlayState state, OverlaySettings settings, OverlayCondition condition, OverlayLook? look, DateTimeOffset now, IReadOnlySet<PublicKey> withoutKey)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(condition);
        var link = look?.Sighting.Links.FirstOrDefault(l => l.Name == settings.InterfaceName);
        return new()
        {
            State = condition.Word,
            Reason = condition.Reason,
            Since = condition.Since,
            InterfaceName = settings.InterfaceName,
            Implementation = look?.Sighting.Device is null ? null : link?.Kind == "wireguard" ? "kernel" : "userspace",
            ListenPort = settings.ListenPort,
            Address = settings.Address?.ToString(),
            PublicKey = state.PublicKey?.Text,
            KeyId = state.KeyId == 0 ? null : state.KeyId,
            KeySince = state.KeySince,
            ObservedAt = look?.At,
            Peers = [.. state.Peers.Values.Select(p => p.View(settings, look, now, withoutKey))],
        };
    }

    /// <summary>A peer.</summary>
    /// <param name="peer">What is wanted.</param>
    /// <param name="settings">What the operator set.</param>
    /// <param name="look">What was last seen; null before the first look.</param>
    /// <param name="now">The time.</param>
    /// <param name="withoutKey">Peers whose preshared key is not where it should be.</param>
    public static WireGuardPeerResource View(this OverlayPeer peer, OverlaySettings settings, OverlayLook? look, DateTimeOffset now, IReadOnlySet<PublicKey> withoutKey)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(withoutKey);
        var seen = look?.Sighting.Device?.Peers.FirstOrDefault(p => p.PublicKey == peer.PublicKey);
        var problem = withoutKey.Contains(peer.PublicKey)
            ? "It is left out of the interface: its preshared key is not in the state folder. Send the peer again with its preshared key."
            : Problem(peer, settings);
        return new()
        {
            PublicKey = peer.PublicKey.Text,
            Endpoint = peer.Endpoint,
            AllowedIps = peer.AllowedIps,
            KeepaliveSeconds = peer.KeepaliveSeconds,
            HasPresharedKey = peer.PresharedKeyId is not null,
            State = seen is null ? "absent" : PeerLivenesses.Of(seen.HandshakeAt, now, seen.KeepaliveSeconds, look!.Sending.Contains(peer.PublicKey)).Word(),
            Problem = problem,
            CurrentEndpoint = seen?.Endpoint,
            LastHandshakeAt = seen?.HandshakeAt,
            ReceivedBytes = seen?.ReceivedBytes ?? 0,
            SentBytes = seen?.SentBytes ?? 0,
        };
    }

    /// <summary>Why a peer that was right once can't be on the interface now, or null: the operator may have changed the overlay's prefix or the node's address since.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="settings">What the operator set.</param>
    public static string? Problem(OverlayPeer peer, OverlaySettings settings)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return OverlayRules.Check(settings, new(peer.Endpoint, peer.AllowedIps, peer.KeepaliveSeconds)) is [var first, ..]
            ? string.Create(CultureInfo.InvariantCulture, $"It is left out of the interface: {first.Field} {first.Value} {first.Reason}")
            : null;
    }
}
