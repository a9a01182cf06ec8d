using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>Decides what several changes of peers come to, all of them or none. Pure.</summary>
public static class OverlayReconciliation
{
    /// <summary>The facts that follow, in the order in which they hold: who goes, goes first, so that what it had can be another's.</summary>
    /// <param name="state">The overlay.</param>
    /// <param name="settings">What the operator set; the node takes part in an overlay.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="now">The time.</param>
    /// <returns>The facts, none when everything is so already; or why nothing is done.</returns>
    public static (ImmutableArray<IOverlayEvent> Events, Failure? Refusal) Decide(OverlayState state, OverlaySettings settings, OverlayCommands.Reconcile command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(command);
        var events = ImmutableArray.CreateBuilder<IOverlayEvent>();
        foreach (var key in command.Remove.Where(k => state.Peers.ContainsKey(k.Text)))
        {
            Happen(new OverlayEvents.PeerRemoved(key, command.Request, now));
        }

        // What is taken from one peer may be given to another, in whatever order they are named.
        var named = command.Peers.Select(p => p.PublicKey).ToHashSet();
        var others = state.Peers.Values.Where(p => !named.Contains(p.PublicKey)).ToList();
        foreach (var (key, wish) in command.Peers)
        {
            if (OverlayRules.Check(settings, wish) is [var first, ..])
            {
                return ([], new(FailureCodes.PeerConflict, $"Peer {key}: {first.Field} {first.Value} {first.Reason}", true));
            }

            if (OverlayRules.Conflict(state.PublicKey, others, key, wish.AllowedIps) is { } conflict)
            {
                return ([], new(FailureCodes.PeerConflict, $"Peer {key}: {conflict}", true));
            }

            var endpoint = wish.Endpoint is { } text && OverlayRules.TryParseEndpoint(text, out var parsed) ? parsed.ToString() : null;
            var kept = state.Peers.GetValueOrDefault(key.Text);

            // A preshared key is agreed upon beside the orchestrator, and is not its to take away.
            var peer = new OverlayPeer(key, endpoint, OverlayRules.Canonical(wish.AllowedIps), wish.KeepaliveSeconds, kept?.PresharedKeyId);
            others.Add(peer);
            if (!peer.IsSameAs(kept))
            {
                Happen(new OverlayEvents.PeerSet(peer, command.Request, now));
            }
        }

        return (events.ToImmutable(), null);

        void Happen(IOverlayEvent @event)
        {
            events.Add(@event);
            state = state.Apply(@event);
        }
    }
}
