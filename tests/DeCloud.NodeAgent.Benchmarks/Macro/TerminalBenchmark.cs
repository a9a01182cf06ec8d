using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>The decloud program as a whole process, from its start to its end, against a program that does nothing, in turns: what starting any program costs here is in both.</summary>
internal static class TerminalBenchmark
{
    private const int Vms = 100;
    private const int Rounds = 100;

    public static async Task RunAsync(Setting setting, Report report)
    {
        var (nothing, help) = await InTurnsAsync(setting, "--help");
        report.AtMost("`decloud --help`, whole process", $"median {help.Median:0.0} ms, p95 {help.P95:0.0} ms (n={help.Count}); `true` takes {nothing.Median:0.0} ms", help.Median, 20, "ms");

        var state = setting.NewFolder("terminal");
        await SeededNode.WriteJournalAsync(state, Vms);
        await SeededNode.DefineAsync(setting, 0, Vms);
        await using (var agent = await Agent.StartReadyAsync(setting, state))
        {
            var url = agent.Http.BaseAddress!.GetLeftPart(UriPartial.Authority);
            var lines = (await Programs.RunAsync(setting.Cli, "vm", "list", "--url", url)).TrimEnd('\n').Split('\n').Length;
            if (lines != Vms + 1)
            {
                throw new InvalidOperationException($"vm list has printed {lines} lines.");
            }

            (nothing, var list) = await InTurnsAsync(setting, "vm", "list", "--url", url);
            report.AtMost($"`decloud vm list`, {Vms} VMs, whole process", $"median {list.Median:0.0} ms, p95 {list.P95:0.0} ms (n={list.Count}); `true` takes {nothing.Median:0.0} ms", list.Median, 50, "ms");
        }

        await SeededNode.UndefineAsync(setting, Vms);
    }

    private static async Task<(Sample Nothing, Sample Decloud)> InTurnsAsync(Setting setting, params string[] arguments)
    {
        var (nothing, decloud) = (new Sample(), new Sample());
        for (var i = 0; i < Rounds; i++)
        {
            nothing.Add(await Programs.TimeAsync("true"));
            decloud.Add(await Programs.TimeAsync(setting.Cli, arguments));
        }

        return (nothing, decloud);
    }
}
