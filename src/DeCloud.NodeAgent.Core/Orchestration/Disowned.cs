using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>
/// The VMs that the orchestrator disowns and how often in a row it said so. It has been wrong before, so a VM is stopped only after the third report in a row that it does not
/// belong, and even then it is kept. Pure.
/// </summary>
/// <param name="Counts">Reports in a row, by VM.</param>
public sealed record Disowned(ImmutableDictionary<Guid, int> Counts)
{
    /// <summary>How many reports in a row it takes.</summary>
    public const int Confirmations = 3;

    /// <summary>Nothing was said yet.</summary>
    public static Disowned None { get; } = new(ImmutableDictionary<Guid, int>.Empty);

    /// <summary>What follows from one more report's answer.</summary>
    /// <param name="answer">The answer. One that says nothing confirms nothing, and ends every row.</param>
    /// <returns>The counts after it, and the VMs that were confirmed by it.</returns>
    public (Disowned After, ImmutableArray<Guid> Confirmed) Hear(HeartbeatAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        if (answer.InvalidVms is not { } invalid)
        {
            return (None, []);
        }

        var counts = invalid.Distinct().ToImmutableDictionary(id => id, id => Math.Min(Counts.GetValueOrDefault(id) + 1, Confirmations));
        return (new(counts), [.. counts.Where(c => c.Value == Confirmations).Select(c => c.Key).Order()]);
    }
}
