using System.Diagnostics;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>What it costs to read what the machine is and does, and to sample it once a second while VMs run.</summary>
internal static class ResourcesBenchmark
{
    private const int Vms = 50;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Watched = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("resources");
        var image = await BenchImage.PutAsync(setting, state);
        await using var agent = await Agent.StartReadyAsync(setting, state, $"--Capacity:CpuOvercommitRatio={Vms}");
        await BareKestrel.CompareAsync(agent, state, "/api/node/snapshot", "", 0.6, report);
        await BareKestrel.CompareAsync(agent, state, "/api/node/resources", "", 0.6, report);

        await Task.Delay(Settling);
        var alone = await CpuPercentAsync(agent);
        var vms = new List<Guid>();
        for (var i = 0; i < Vms; i++)
        {
            vms.Add((await agent.CreateAsync(image.Request($"sampled-{i}"))).Id);
        }

        await Task.Delay(Settling);
        var beside = await CpuPercentAsync(agent);
        report.Tell("The whole agent, idle, without VMs", $"{alone:0.00} % of a core");
        report.AtMost($"The whole agent, idle, with {Vms} running VMs", $"{beside:0.00} % of a core", beside, 1, "% of a core");
        foreach (var vm in vms)
        {
            await agent.DeleteAsync(vm);
        }
    }

    private static async Task<double> CpuPercentAsync(Agent agent)
    {
        using var process = Process.GetProcessById(agent.Pid);
        var before = process.TotalProcessorTime;
        var since = Stopwatch.GetTimestamp();
        await Task.Delay(Watched);
        process.Refresh();
        return (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(since) * 100;
    }
}
