using System.Diagnostics;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>Waiting for a condition, with a deadline; never for luck.</summary>
internal static class Patience
{
    /// <summary>How often a condition is looked at.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Looks until something is there; says what was awaited when it does not come.</summary>
    public static async Task<T> UntilAsync<T>(string what, TimeSpan atMost, Func<Task<T?>> look, Func<string>? tell = null)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            if (await look() is { } found)
            {
                return found;
            }

            if (clock.Elapsed > atMost)
            {
                throw new TimeoutException($"{what}: not after {atMost.TotalSeconds:0.#} s. {tell?.Invoke()}");
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>Looks until a condition holds.</summary>
    public static Task UntilAsync(string what, TimeSpan atMost, Func<Task<bool>> look, Func<string>? tell = null) =>
        UntilAsync(what, atMost, async () => await look() ? what : null, tell);
}
