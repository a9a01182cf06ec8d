using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>From the start of the process to the first 200, on a state folder that was used before.</summary>
internal static class StartBenchmark
{
    private const int Starts = 7;

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("start");
        await using (await Agent.StartReadyAsync(setting, state))
        {
            // Makes the journal.
        }

        var (alive, ready) = (new Sample(), new Sample());
        for (var i = 0; i < Starts; i++)
        {
            await using (var agent = Agent.Start(setting, state))
            {
                alive.Add((await agent.AnswersAsync("/healthz")).TotalSeconds);
                ready.Add((await agent.AnswersAsync("/readyz")).TotalSeconds);
            }
        }

        report.AtMost("Start to first 200 from `/healthz`", $"median {alive.Median:0.00} s, slowest {alive.Most:0.00} s (n={Starts})", alive.Median, 0.8, "s");
        report.Tell("Start to ready, no VM", $"median {ready.Median:0.00} s");
    }
}
