namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>How long to wait before a peer is tried again. Chance comes from outside: a number from 0 to 1.</summary>
public static class Backoff
{
    /// <summary>The longest pause.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    /// <summary>Full jitter: anything from nothing to a bound that doubles from 1 s to 60 s, so that thousands of nodes do not come back together.</summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan After(int failures, double chance)
    {
        var bound = First * Math.Pow(2, Math.Clamp(failures, 1, 16) - 1);
        return (bound < Longest ? bound : Longest) * chance;
    }

    /// <summary>A refusal that only a person or the other side's change of mind will end: 30 to 60 s.</summary>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan Standing(double chance) => Longest * (0.5 + (chance / 2));

    /// <summary>A period that is a tenth shorter or longer.</summary>
    /// <param name="period">The period.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan Jitter(TimeSpan period, double chance) => period * (0.9 + (chance / 5));
}
