using System.Diagnostics;
using DeCloud.Libvirt;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Infrastructure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>What it costs to read what the machine is and does, and to sample it once a second while VMs run.</summary>
internal static class ResourcesBenchmark
{
    private const int Vms = 50;

    /// <summary>A quarter of a GiB: disks count at their full size, and so many shall fit on a machine that does other things too.</summary>
    private const long SmallDiskBytes = 256L << 20;

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
            vms.Add((await agent.CreateAsync(image.Request($"sampled-{i}") with { DiskBytes = SmallDiskBytes })).Id);
        }

        await Task.Delay(Settling);
        var beside = await CpuPercentAsync(agent);
        var sampling = await SamplingAsync(setting, state, vms);
        report.AtMost($"Sampling alone, once a second, with {Vms} running VMs", $"{sampling:0.00} % of a core", sampling, 1, "% of a core");
        report.Tell("The whole agent, idle, without VMs", $"{alone:0.00} % of a core");
        report.Tell($"The whole agent, idle, with {Vms} running VMs", $"{beside:0.00} % of a core");
        foreach (var vm in vms)
        {
            await agent.DeleteAsync(vm);
        }
    }

    /// <summary>What the agent does once a second, done by this process, which does nothing else: the kernel's counters, the VMs' processes, libvirt's bulk statistics, and what they amount to.</summary>
    private static async Task<double> SamplingAsync(Setting setting, string state, List<Guid> vms)
    {
        await using var host = new ServiceCollection()
            .AddLogging()
            .AddSingleton(TimeProvider.System)
            .AddLibvirt(new() { Uri = LibvirtUri.Parse(setting.QemuUri), AllowEmulation = true })
            .AddHostResources(new(Path.Combine(state, "vms"), Path.Combine(state, "images")))
            .BuildServiceProvider();
        await using var session = await host.GetRequiredService<IHypervisor>().ConnectAsync(CancellationToken.None);
        var sampler = host.GetRequiredService<IHostSampler>();
        (HostSample? Machine, VmReading? Vms) before = default;
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var i = 0; i < Settling.TotalSeconds; i++)
        {
            await LookAsync();
        }

        using var self = Process.GetCurrentProcess();
        return await CpuPercentAsync(self, async () =>
        {
            for (var i = 0; i < Watched.TotalSeconds; i++)
            {
                await LookAsync();
            }
        });

        async Task LookAsync()
        {
            await second.WaitForNextTickAsync();
            var told = new VmReading(Stopwatch.GetElapsedTime(0), [.. await session.UsageAsync(CancellationToken.None)]);
            var now = await sampler.SampleAsync(vms, CancellationToken.None);
            var snapshot = SnapshotOf.Between(before.Machine, now, before.Vms, told, null, TimeProvider.System.GetUtcNow());
            if (told.Running.Length < vms.Count || snapshot.Vms.Items?.Count != vms.Count)
            {
                throw new InvalidOperationException($"Only {told.Running.Length} of {vms.Count} VMs run.");
            }

            before = (now, told);
        }
    }

    private static async Task<double> CpuPercentAsync(Agent agent)
    {
        using var process = Process.GetProcessById(agent.Pid);
        return await CpuPercentAsync(process, () => Task.Delay(Watched));
    }

    private static async Task<double> CpuPercentAsync(Process process, Func<Task> wait)
    {
        process.Refresh();
        var before = process.TotalProcessorTime;
        var since = Stopwatch.GetTimestamp();
        await wait();
        process.Refresh();
        return (process.TotalProcessorTime - before) / Stopwatch.GetElapsedTime(since) * 100;
    }
}
