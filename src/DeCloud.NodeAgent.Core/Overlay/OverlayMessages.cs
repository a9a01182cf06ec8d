using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>A message to the part that keeps the overlay.</summary>
public interface IOverlayMessage;

/// <summary>The commands it obeys. Each is answered by an <see cref="OverlayReply"/>.</summary>
public static class OverlayCommands
{
    /// <summary>Add a peer or change what it is; answered by <see cref="OverlayReply.PeerKept"/>.</summary>
    /// <param name="PublicKey">The peer.</param>
    /// <param name="Wish">What it shall be; a preshared key that is not given is none.</param>
    /// <param name="PresharedKey">The preshared key, or null.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record SetPeer(PublicKey PublicKey, PeerWish Wish, PresharedKey? PresharedKey, Request Request) : IOverlayMessage;

    /// <summary>Remove a peer; answered by <see cref="OverlayReply.PeerGone"/>, also when there was none.</summary>
    /// <param name="PublicKey">The peer.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record RemovePeer(PublicKey PublicKey, Request Request) : IOverlayMessage;

    /// <summary>Have these peers, and not those, all of it or nothing; answered by <see cref="OverlayReply.Reconciled"/>. Peers that are not named stay.</summary>
    /// <param name="Peers">The peers that shall be there, each once. A preshared key that one has stays.</param>
    /// <param name="Remove">Those that shall not; none of <paramref name="Peers"/>.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record Reconcile(IReadOnlyList<PeerOrder> Peers, IReadOnlyList<PublicKey> Remove, Request Request) : IOverlayMessage;

    /// <summary>Make a new key for this node and use it from now on; answered by <see cref="OverlayReply.Rotated"/>.</summary>
    /// <param name="Request">Who asks.</param>
    public sealed record Rotate(Request Request) : IOverlayMessage;
}

/// <summary>A peer that shall be there.</summary>
/// <param name="PublicKey">Which.</param>
/// <param name="Wish">What it shall be.</param>
public sealed record PeerOrder(PublicKey PublicKey, PeerWish Wish);

/// <summary>The questions it answers.</summary>
public static class OverlayQueries
{
    /// <summary>
    /// Whether a <see cref="OverlayCommands.Reconcile"/> was obeyed under a key; answered by <see cref="OverlayReply.Reconciled"/>, or refused with <see cref="FailureCodes.OperationNotFound"/>.
    /// </summary>
    /// <param name="RequestId">The key.</param>
    public sealed record FindReconciliation(string RequestId) : IOverlayMessage;

    /// <summary>The overlay as it is; answered by <see cref="OverlayReply.Shown"/>.</summary>
    public sealed record Get : IOverlayMessage;
}

/// <summary>What it answers.</summary>
public abstract record OverlayReply
{
    private OverlayReply()
    {
    }

    /// <summary>The overlay.</summary>
    /// <param name="WireGuard">As it was last seen.</param>
    public sealed record Shown(WireGuardResource WireGuard) : OverlayReply;

    /// <summary>The peer is stored and goes to the interface.</summary>
    /// <param name="Peer">The peer.</param>
    public sealed record PeerKept(WireGuardPeerResource Peer) : OverlayReply;

    /// <summary>The peer is no longer wanted and leaves the interface.</summary>
    public sealed record PeerGone : OverlayReply;

    /// <summary>The peers are so, durably, and go to the interface.</summary>
    public sealed record Reconciled : OverlayReply;

    /// <summary>The node has a new key.</summary>
    /// <param name="Key">Its public half.</param>
    public sealed record Rotated(WireGuardKeyResource Key) : OverlayReply;

    /// <summary>Nothing was done.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(Failure Failure) : OverlayReply;
}
