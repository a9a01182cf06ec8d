using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>kill -9 and start again with 200 and 1,000 VMs, from the process' start to 200 from /readyz; and the memory of the agent with them.</summary>
internal static class RestartBenchmark
{
    private const int Restarts = 5;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Setting setting, Report report)
    {
        var defined = 0;
        var memory = new Dictionary<int, double> { [0] = await IdleAsync(setting, setting.NewFolder("idle")) };
        foreach (var (vms, budget) in ((int, double)[])[(100, 0), (200, 2), (1000, 5)])
        {
            var state = setting.NewFolder("restart");
            await SeededNode.WriteJournalAsync(state, vms);
            await SeededNode.DefineAsync(setting, defined, vms);
            defined = vms;
            if (budget > 0)
            {
                var sample = new Sample();
                var first = await Agent.StartReadyAsync(setting, state);
                await first.KillAsync();
                await first.DisposeAsync();
                for (var i = 0; i < Restarts; i++)
                {
                    await using var agent = Agent.Start(setting, state);
                    sample.Add((await agent.AnswersAsync("/readyz")).TotalSeconds);
                    await EnsureAllAsync(agent, vms);
                }

                report.AtMost($"`kill -9` to ready, {vms:#,0} VMs", $"median {sample.Median:0.00} s, slowest {sample.Most:0.00} s (n={sample.Count})", sample.Median, budget, "s");
            }

            memory[vms] = await IdleAsync(setting, state);
        }

        await SeededNode.UndefineAsync(setting, defined);
        var megabytes = memory[0] * 1.048576;
        report.AtMost("Resident memory, idle, no VM", $"{megabytes:0.0} MB", megabytes, 140, "MB");
        report.AtMost(
            "Resident memory for each VM",
            $"{(memory[1000] - memory[0]) / 1000:0.000} MiB (with 100 VMs {memory[100]:0} MiB, with 1,000 {memory[1000]:0} MiB)",
            (memory[1000] - memory[0]) / 1000, 0.4, "MB");
    }

    private static async Task<double> IdleAsync(Setting setting, string state)
    {
        await using var agent = await Agent.StartReadyAsync(setting, state);
        await Task.Delay(Settle);
        return await agent.ResidentMiBAsync();
    }

    private static async Task EnsureAllAsync(Agent agent, int vms)
    {
        var list = await agent.Http.GetStringAsync("/api/vms?state=stopped&limit=1");
        if (!list.Contains($"\"total\":{vms}", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Ready, but not all {vms} VMs are shown as stopped: {list}");
        }
    }
}
