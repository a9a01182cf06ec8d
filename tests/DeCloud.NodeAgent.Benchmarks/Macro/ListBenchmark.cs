using System.Globalization;
using System.Text.RegularExpressions;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>GET /api/vms with 100 VMs against Kestrel that answers the same bytes from memory, both under wrk, in turns.</summary>
internal static partial class ListBenchmark
{
    private const int Vms = 100;
    private const int Rounds = 5;

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("list");
        await SeededNode.WriteJournalAsync(state, Vms);
        await SeededNode.DefineAsync(setting, 0, Vms);
        await using (var agent = await Agent.StartReadyAsync(setting, state))
        {
            var bytes = await agent.Http.GetByteArrayAsync("/api/vms");
            var file = Path.Combine(state, "body.json");
            await File.WriteAllBytesAsync(file, bytes);
            var port = LoopbackServer.FreePort();
            using var bare = Programs.StartSelf("serve-body", file, port.ToString(CultureInfo.InvariantCulture));
            try
            {
                var bareUrl = $"http://127.0.0.1:{port}/api/vms";
                var agentUrl = new Uri(agent.Http.BaseAddress!, "/api/vms").ToString();
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
                    $"`GET /api/vms`, {Vms} VMs, {bytes.Length / 1024.0:0} KiB, ÷ bare Kestrel",
                    $"{ratios.Median:0.00} ({agents.Median:0} against {bares.Median:0} requests/s; rounds {ratios.Least:0.00} to {ratios.Most:0.00})",
                    ratios.Median, 0.7, "");
            }
            finally
            {
                bare.Kill();
            }
        }

        await SeededNode.UndefineAsync(setting, Vms);
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
