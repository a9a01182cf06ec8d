using System.Globalization;
using System.Text.RegularExpressions;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>What a read of the agent costs beside Kestrel that answers the same bytes from memory, both under wrk, in turns.</summary>
internal static partial class BareKestrel
{
    private const int Rounds = 5;

    /// <summary>Compares a route, and reports the ratio of requests a second against its floor.</summary>
    public static async Task CompareAsync(Agent agent, string state, string path, string what, double floor, Report report)
    {
        var bytes = await agent.Http.GetByteArrayAsync(path);
        var file = Path.Combine(state, "body.json");
        await File.WriteAllBytesAsync(file, bytes);
        var port = LoopbackServer.FreePort();
        using var bare = Programs.StartSelf("serve-body", file, port.ToString(CultureInfo.InvariantCulture));
        try
        {
            var bareUrl = $"http://127.0.0.1:{port}/body";
            var agentUrl = new Uri(agent.Http.BaseAddress!, path).ToString();
            await Programs.RunAsync("curl", "-sS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "-o", "/dev/null", bareUrl);
            await WrkAsync(bareUrl, 4);
            await WrkAsync(agentUrl, 4);
            var (agents, bares, ratios) = (new Sample(), new Sample(), new Sample());
            for (var i = 0; i < Rounds; i++)
            {
                var (own, other) = i % 2 == 0 ? (await WrkAsync(agentUrl, 3), await WrkAsync(bareUrl, 3)) : Swap(await WrkAsync(bareUrl, 3), await WrkAsync(agentUrl, 3));
                agents.Add(own);
                bares.Add(other);
                ratios.Add(own / other);
            }

            report.AtLeast(
                $"`GET {path}`{what}, {bytes.Length / 1024.0:0} KiB, ÷ bare Kestrel",
                $"{ratios.Median:0.00} ({agents.Median:0} against {bares.Median:0} requests/s; rounds {ratios.Least:0.00} to {ratios.Most:0.00})",
                ratios.Median, floor, "");
        }
        finally
        {
            bare.Kill();
        }
    }

    private static (double, double) Swap(double first, double second) => (second, first);

    private static async Task<double> WrkAsync(string url, int seconds)
    {
        var told = await Programs.RunAsync("wrk", "-t1", "-c32", $"-d{seconds}s", url);
        return Rate().Match(told) is { Success: true } rate && !told.Contains("Non-2xx", StringComparison.Ordinal)
            ? double.Parse(rate.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException(told);
    }

    [GeneratedRegex(@"Requests/sec:\s+([\d.]+)")]
    private static partial Regex Rate();
}
