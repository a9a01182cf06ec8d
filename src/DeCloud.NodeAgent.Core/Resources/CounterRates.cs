namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>How fast a counter counts.</summary>
public static class CounterRates
{
    /// <summary>Further than this no counter of 32 bits moves between two samples; what looks so has begun anew.</summary>
    private const ulong MostWrapped = 1UL << 31;

    /// <summary>What a counter moved by.</summary>
    /// <param name="before">Its earlier value.</param>
    /// <param name="now">Its later value.</param>
    /// <returns>Null when it was set back, so that nobody knows. A counter of 32 bits that went round went on.</returns>
    public static ulong? Moved(ulong before, ulong now)
    {
        if (now >= before)
        {
            return now - before;
        }

        var wrapped = now + (1UL << 32) - before;
        return before <= uint.MaxValue && wrapped < MostWrapped ? wrapped : null;
    }

    /// <summary>What a counter moved by in a second.</summary>
    /// <param name="before">Its earlier value; null when it was not there.</param>
    /// <param name="now">Its later value; null when it is not there.</param>
    /// <param name="seconds">The time between, in seconds.</param>
    /// <returns>Null when that can't be said.</returns>
    public static double? PerSecond(ulong? before, ulong? now, double seconds) =>
        seconds > 0 && before is { } earlier && now is { } later && Moved(earlier, later) is { } moved ? Rounded(moved / seconds) : null;

    /// <summary>A number with as many digits as anybody reads.</summary>
    /// <param name="number">The number.</param>
    public static double Rounded(double number) => Math.Round(number, 2);
}
