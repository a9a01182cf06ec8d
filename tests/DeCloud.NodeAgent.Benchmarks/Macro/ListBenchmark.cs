using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>GET /api/vms with 100 VMs against Kestrel that answers the same bytes from memory.</summary>
internal static class ListBenchmark
{
    private const int Vms = 100;

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("list");
        await SeededNode.WriteJournalAsync(state, Vms);
        await SeededNode.DefineAsync(setting, 0, Vms);
        await using (var agent = await Agent.StartReadyAsync(setting, state))
        {
            await BareKestrel.CompareAsync(agent, state, "/api/vms", $", {Vms} VMs", 0.7, report);
        }

        await SeededNode.UndefineAsync(setting, Vms);
    }
}
