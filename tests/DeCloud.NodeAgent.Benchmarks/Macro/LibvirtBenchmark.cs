using System.Diagnostics;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>The libvirt client alone, on libvirt's test driver behind the real daemon: one domain's state, against virsh that is started for it; and the state of 100 domains in one call.</summary>
internal static class LibvirtBenchmark
{
    private const int Domains = 100;
    private const int Calls = 3000;
    private const int Sweeps = 500;
    private const int Spawns = 20;

    public static async Task RunAsync(Setting setting, Report report)
    {
        await using var libvirt = await LibvirtConnection.ConnectAsync(LibvirtUri.Parse(setting.TestDriverUri));
        for (var i = 0; i < Domains - 1; i++)
        {
            await libvirt.Domains.DefineAsync($"<domain type='test'><name>bench-{i}</name><memory>1024</memory><os><type>hvm</type></os></domain>");
        }

        var domain = await libvirt.Domains.FindAsync("test") ?? throw new InvalidOperationException("The test driver has no domain 'test'.");
        await TimeAsync(Calls, () => libvirt.Domains.GetStatusAsync(domain));
        var state = await TimeAsync(Calls, () => libvirt.Domains.GetStatusAsync(domain));
        await TimeAsync(Sweeps, () => libvirt.Domains.GetStatsAsync(DomainStatsGroups.State));
        var sweep = await TimeAsync(Sweeps, () => libvirt.Domains.GetStatsAsync(DomainStatsGroups.State));
        var virsh = await TimeAsync(Spawns, () => Programs.RunAsync("virsh", "-q", "-c", setting.TestDriverUri, "domstate", "test"));

        report.AtLeast("State of a domain: `virsh` ÷ our client", $"{virsh.Median / state.Median:0} ({virsh.Median:0.0} against {state.Median:0.000} ms)", virsh.Median / state.Median, 100, "");
        report.AtMost($"State of {Domains} domains in one call", $"median {sweep.Median:0.00} ms, p95 {sweep.P95:0.00} ms", sweep.Median, 2, "ms");
    }

    private static async Task<Sample> TimeAsync(int times, Func<Task> call)
    {
        var sample = new Sample();
        for (var i = 0; i < times; i++)
        {
            var since = Stopwatch.GetTimestamp();
            await call();
            sample.Add(Stopwatch.GetElapsedTime(since));
        }

        return sample;
    }
}
