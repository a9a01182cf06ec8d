using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Actors.Overlay;

/// <summary>How a pass over the bridge ended.</summary>
/// <param name="Refusal">Why it is not what it shall be; null when it is.</param>
/// <param name="Changes">How many steps were done.</param>
internal sealed record BridgePassResult(string? Refusal, int Changes);

/// <summary>One pass: looks, plans, does what is planned, and looks again until nothing is left to do. Runs outside of the actor's thread and shares nothing with it.</summary>
internal static class BridgePass
{
    // The first makes the bridge, the second has it pass packets on. More than a third means that somebody works against it.
    private const int MostRounds = 3;

    /// <summary>Makes the host what it shall be.</summary>
    /// <param name="bridge">The host.</param>
    /// <param name="target">What it shall be.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<BridgePassResult> RunAsync(IOverlayBridge bridge, VmBridge target, CancellationToken cancellation)
    {
        var changes = 0;
        try
        {
            for (var round = 0; round <= MostRounds; round++)
            {
                var plan = BridgePlan.For(target, await bridge.LookAsync(target, cancellation).ConfigureAwait(false));
                if (plan.Refusal is not null || plan.Steps.IsEmpty)
                {
                    return new(plan.Refusal, changes);
                }

                foreach (var step in round < MostRounds ? plan.Steps : [])
                {
                    await bridge.ApplyAsync(step, target, cancellation).ConfigureAwait(false);
                    changes++;
                }
            }

            return new($"The bridge {target.Bridge} does not stay as it is set. Look for another program that manages it.", changes);
        }
        catch (FailureException e)
        {
            return new(e.Failure.Message, changes);
        }
        catch (OperationCanceledException)
        {
            return new("The tools of the network took too long.", changes);
        }
    }
}
