using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>A peer that this node shall have.</summary>
/// <param name="PublicKey">Its name.</param>
/// <param name="Endpoint">Where it can be reached, <c>address:port</c>; null to wait until it calls.</param>
/// <param name="AllowedIps">The networks behind it, in the form of <see cref="OverlayRules.Canonical"/>.</param>
/// <param name="KeepaliveSeconds">Seconds between packets that keep a NAT open; 0 for none.</param>
/// <param name="PresharedKeyId">Under which number the preshared key is kept beside the journal; null when there is none. The key itself is never in the journal.</param>
public sealed record OverlayPeer(PublicKey PublicKey, string? Endpoint, ImmutableArray<string> AllowedIps, int KeepaliveSeconds, int? PresharedKeyId)
{
    /// <summary>Whether the other asks for the same.</summary>
    /// <param name="other">The other.</param>
    public bool IsSameAs(OverlayPeer? other) => other is not null && other with { AllowedIps = AllowedIps } == this && other.AllowedIps.SequenceEqual(AllowedIps);
}

/// <summary>A fact about the overlay, stored for ever.</summary>
public interface IOverlayEvent
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen to the overlay.</summary>
public static class OverlayEvents
{
    /// <summary>The node has a new key of its own. The private key lies in a file that the number names.</summary>
    /// <param name="KeyId">Number of the key, from 1.</param>
    /// <param name="PublicKey">Its public half.</param>
    /// <param name="Request">Who asked for it; the agent itself for the first.</param>
    /// <param name="At">When.</param>
    public sealed record KeyRotated(int KeyId, PublicKey PublicKey, Request Request, DateTimeOffset At) : IOverlayEvent;

    /// <summary>A peer was added or changed.</summary>
    /// <param name="Peer">What it shall be.</param>
    /// <param name="Request">Who asked.</param>
    /// <param name="At">When.</param>
    public sealed record PeerSet(OverlayPeer Peer, Request Request, DateTimeOffset At) : IOverlayEvent;

    /// <summary>A peer was removed.</summary>
    /// <param name="PublicKey">Which.</param>
    /// <param name="Request">Who asked.</param>
    /// <param name="At">When.</param>
    public sealed record PeerRemoved(PublicKey PublicKey, Request Request, DateTimeOffset At) : IOverlayEvent;
}

/// <summary>A request that changed something.</summary>
/// <param name="Id">Its idempotency key.</param>
/// <param name="BodyHash">What was asked, as a hash.</param>
/// <param name="KeyId">The key it made, when it rotated.</param>
/// <param name="PublicKey">The public half of that key.</param>
public sealed record OverlayRequest(string Id, string BodyHash, int? KeyId, PublicKey? PublicKey);

/// <summary>What the node wants its overlay to be.</summary>
public sealed record OverlayState
{
    /// <summary>How many requests are remembered, the latest: a repeated one changes nothing.</summary>
    public const int RememberedRequests = 1000;

    /// <summary>Number of the node's key; 0 before there is one.</summary>
    public int KeyId { get; init; }

    /// <summary>Public half of the node's key.</summary>
    public PublicKey? PublicKey { get; init; }

    /// <summary>Since when the node has this key.</summary>
    public DateTimeOffset? KeySince { get; init; }

    /// <summary>The peers, by public key in text.</summary>
    public ImmutableSortedDictionary<string, OverlayPeer> Peers { get; init; } = ImmutableSortedDictionary.Create<string, OverlayPeer>(StringComparer.Ordinal);

    /// <summary>The highest number under which a preshared key was kept.</summary>
    public int LastPresharedKeyId { get; init; }

    /// <summary>The requests that changed something, oldest first.</summary>
    public ImmutableList<OverlayRequest> Requests { get; init; } = [];

    /// <summary>The state after one more event.</summary>
    /// <param name="event">What happened.</param>
    public OverlayState Apply(IOverlayEvent @event) => @event switch
    {
        OverlayEvents.KeyRotated e => Remember(new(e.Request.Id, e.Request.BodyHash, e.KeyId, e.PublicKey)) with { KeyId = e.KeyId, PublicKey = e.PublicKey, KeySince = e.At },
        OverlayEvents.PeerSet e => Remember(new(e.Request.Id, e.Request.BodyHash, null, null)) with
        {
            Peers = Peers.SetItem(e.Peer.PublicKey.Text, e.Peer),
            LastPresharedKeyId = Math.Max(LastPresharedKeyId, e.Peer.PresharedKeyId ?? 0),
        },
        OverlayEvents.PeerRemoved e => Remember(new(e.Request.Id, e.Request.BodyHash, null, null)) with { Peers = Peers.Remove(e.PublicKey.Text) },
        _ => this,
    };

    /// <summary>Whether the request came before, and what is wrong when it came with another body.</summary>
    /// <param name="request">The request.</param>
    public (OverlayRequest? Earlier, Failure? Refusal) Find(Request request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var earlier = Requests.FindLast(r => r.Id == request.Id);
        return earlier is not null && earlier.BodyHash != request.BodyHash
            ? (null, new(FailureCodes.IdempotencyConflict, "The idempotency key was used for another request. Use a new key for a new request.", true))
            : (earlier, null);
    }

    /// <summary>
    /// The addresses of nodes, this one's included: what a peer has as a single address is taken for the node itself, what it has as a network for that of its VMs.
    /// </summary>
    /// <param name="settings">What the operator set.</param>
    public ImmutableArray<IPAddress> Nodes(OverlaySettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return
        [
            .. Peers.Values
                .SelectMany(p => p.AllowedIps)
                .Select(IPNetwork.Parse)
                .Where(n => n is { PrefixLength: 32, BaseAddress.AddressFamily: AddressFamily.InterNetwork })
                .Select(n => n.BaseAddress)
                .Concat(settings.Address is { Address.AddressFamily: AddressFamily.InterNetwork } own ? [own.Address] : [])
                .DistinctBy(a => a.ToString())
                .OrderBy(a => Convert.ToHexString(a.GetAddressBytes()), StringComparer.Ordinal),
        ];
    }

    // One request may come to several facts.
    private OverlayState Remember(OverlayRequest request) =>
        Requests is [.., var last] && last == request ? this : this with { Requests = (Requests.Count < RememberedRequests ? Requests : Requests.RemoveAt(0)).Add(request) };
}
