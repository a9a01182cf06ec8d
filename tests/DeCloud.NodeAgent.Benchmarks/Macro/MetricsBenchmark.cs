using System.Diagnostics;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>GET /metrics with 200 VMs: by one scraper, whose every answer is written anew, and by many at once, who share one.</summary>
internal static class MetricsBenchmark
{
    private const int Vms = 200;
    private const int Rounds = 60;
    private const int Scrapers = 20;

    /// <summary>Just longer than an answer is kept.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1.05);

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("metrics");
        await SeededNode.WriteJournalAsync(state, Vms);
        await SeededNode.DefineAsync(setting, 0, Vms);
        await using (var agent = await Agent.StartReadyAsync(setting, state))
        {
            var bytes = (await agent.Http.GetByteArrayAsync("/metrics")).Length;
            var alone = await ScrapeAsync(agent, 1);
            report.AtMost($"`GET /metrics`, {Vms} VMs, {bytes / 1024} KiB, written anew", $"median {alone.Median:0.0} ms, p99 {alone.P99:0.0} ms (n={alone.Count})", alone.P99, 200, "ms p99");
            var many = await ScrapeAsync(agent, Scrapers);
            report.AtMost($"The same, {Scrapers} scrapers at once", $"median {many.Median:0.0} ms, p99 {many.P99:0.0} ms (n={many.Count})", many.P99, 200, "ms p99");
        }

        await SeededNode.UndefineAsync(setting, Vms);
    }

    private static async Task<Sample> ScrapeAsync(Agent agent, int scrapers)
    {
        var sample = new Sample();
        for (var round = 0; round < Rounds; round++)
        {
            await Task.Delay(Pause);
            foreach (var took in await Task.WhenAll(Enumerable.Range(0, scrapers).Select(_ => OneAsync(agent))))
            {
                sample.Add(took);
            }
        }

        return sample;
    }

    private static async Task<TimeSpan> OneAsync(Agent agent)
    {
        var began = Stopwatch.GetTimestamp();
        await agent.Http.GetByteArrayAsync("/metrics");
        return Stopwatch.GetElapsedTime(began);
    }
}
