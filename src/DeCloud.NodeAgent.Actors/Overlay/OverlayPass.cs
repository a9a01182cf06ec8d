using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Actors.Overlay;

/// <summary>How a pass over the interface ended.</summary>
/// <param name="Seen">What was seen at last; null when nothing could be.</param>
/// <param name="Refusal">Why the interface is not what it shall be; null when it is.</param>
/// <param name="Changes">How many steps were done.</param>
/// <param name="WithoutKey">Peers that were left out because their preshared key is not where it should be.</param>
internal sealed record OverlayPassResult(OverlaySighting? Seen, string? Refusal, int Changes, IReadOnlySet<PublicKey> WithoutKey);

/// <summary>One pass: looks, plans, does what is planned, and looks again until nothing is left to do. Runs outside of the actor's thread and shares nothing with it.</summary>
internal static class OverlayPass
{
    // Making an interface takes one round; a second sees to what only shows then. More means that somebody works against it.
    private const int MostRounds = 3;

    /// <summary>Makes the interface what the state says.</summary>
    /// <param name="parts">What to work with; the node takes part in an overlay.</param>
    /// <param name="state">What is wanted.</param>
    /// <param name="fresh">Peers that were set since the last pass that succeeded.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<OverlayPassResult> RunAsync(OverlayParts parts, OverlayState state, IReadOnlySet<PublicKey> fresh, DateTimeOffset now, CancellationToken cancellation)
    {
        var withoutKey = new HashSet<PublicKey>();
        OverlaySighting? seen = null;
        try
        {
            var target = await TargetAsync(parts, state, fresh, withoutKey, cancellation).ConfigureAwait(false);
            var changes = 0;
            for (var round = 0; round <= MostRounds; round++)
            {
                seen = await parts.Interface.LookAsync(target.InterfaceName, target.Mark, cancellation).ConfigureAwait(false);
                var plan = OverlayPlan.For(target, seen, now);
                if (plan.Refusal is not null || plan.Steps.IsEmpty)
                {
                    return new(seen, plan.Refusal, changes, withoutKey);
                }

                if (round == MostRounds)
                {
                    break;
                }

                foreach (var step in plan.Steps)
                {
                    await parts.Interface.ApplyAsync(step, target, cancellation).ConfigureAwait(false);
                    changes++;
                }
            }

            return new(seen, $"The interface {target.InterfaceName} does not stay as it is set. Look for another program that manages it.", changes, withoutKey);
        }
        catch (FailureException e)
        {
            return new(seen, e.Failure.Message, 0, withoutKey);
        }
        catch (OperationCanceledException)
        {
            return new(seen, "The tools of WireGuard took too long.", 0, withoutKey);
        }
    }

    /// <summary>Removes what this agent made, for a node that takes no part in an overlay any more.</summary>
    /// <param name="parts">What to work with.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<OverlayPassResult> RemoveAsync(OverlayParts parts, CancellationToken cancellation)
    {
        try
        {
            var seen = await parts.Interface.LookAsync(parts.Settings.InterfaceName, parts.Mark, cancellation).ConfigureAwait(false);
            var plan = OverlayPlan.ForNone(parts.Mark, seen);
            foreach (var step in plan.Steps)
            {
                await parts.Interface.ApplyAsync(step, null, cancellation).ConfigureAwait(false);
            }

            return new(null, null, plan.Steps.Length, ImmutableHashSet<PublicKey>.Empty);
        }
        catch (Exception e) when (e is FailureException or OperationCanceledException)
        {
            return new(null, e.Message, 0, ImmutableHashSet<PublicKey>.Empty);
        }
    }

    private static async Task<OverlayTarget> TargetAsync(
        OverlayParts parts, OverlayState state, IReadOnlySet<PublicKey> fresh, HashSet<PublicKey> withoutKey, CancellationToken cancellation)
    {
        var own = state.PublicKey!.Value;
        var key = await parts.Keys.LoadAsync(state.KeyId, own, cancellation).ConfigureAwait(false);
        var peers = ImmutableArray.CreateBuilder<TargetPeer>();
        foreach (var peer in state.Peers.Values.Where(p => OverlayViews.Problem(p, parts.Settings) is null))
        {
            try
            {
                var preshared = peer.PresharedKeyId is { } id ? await parts.Keys.LoadAsync(peer.PublicKey, id, cancellation).ConfigureAwait(false) : null;
                peers.Add(new(peer, preshared, fresh.Contains(peer.PublicKey)));
            }
            catch (FailureException)
            {
                // Without its preshared key the peer would be let in with less than was asked for.
                withoutKey.Add(peer.PublicKey);
            }
        }

        return new(parts.Settings.InterfaceName, parts.Mark, parts.Settings.Address!, parts.Settings.ListenPort, key, own, peers.ToImmutable());
    }
}
