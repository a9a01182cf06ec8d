using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Seed;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>
/// Create to running through HTTP, against the same steps one after the other on the libvirt client: qemu-img, seed, define, start. Both make the same domain; they take turns, and who
/// goes first changes from pair to pair.
/// </summary>
internal static class CreateBenchmark
{
    private const int Pairs = 24;
    private const int WarmUps = 4;
    private const int TracedCreates = 3;
    private const int MetricsTries = 40;
    private static readonly TimeSpan MetricsPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Steady = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Setting setting, Report report)
    {
        var state = setting.NewFolder("create");
        var image = await BenchImage.PutAsync(setting, state);
        await using var agent = await Agent.StartReadyAsync(setting, state);
        await using var libvirt = await LibvirtConnection.ConnectAsync(LibvirtUri.Parse(setting.QemuUri));
        var straight = new StraightLine(libvirt, Path.Combine(state, "images", "sha256", image.Hash["sha256:".Length..]), setting.NewFolder("straight"));

        for (var i = 0; i < WarmUps; i++)
        {
            await CreateAsync(agent, image, i);
            await straight.CreateAsync();
        }

        var (agents, lines, agentStarts, lineStarts) = (new Sample(), new Sample(), new Sample(), new Sample());
        var (overheads, differences) = (new Sample(), new Sample());
        for (var i = 0; i < Pairs; i++)
        {
            StraightTimes line;
            AgentTimes create;
            if (i % 2 == 0)
            {
                create = await CreateAsync(agent, image, i);
                line = await straight.CreateAsync();
            }
            else
            {
                line = await straight.CreateAsync();
                create = await CreateAsync(agent, image, i);
            }

            agents.Add(create.Whole);
            lines.Add(line.Whole);
            agentStarts.Add(create.Start);
            lineStarts.Add(line.Start);
            overheads.Add(create.Whole - create.Start - line.QemuImg);
            differences.Add(create.Whole - line.Whole);
        }

        report.Tell("Create to running through HTTP", $"median {agents.Median:0} ms, p95 {agents.P95:0} ms (n={agents.Count})");
        report.Tell("The same steps in a straight line", $"median {lines.Median:0} ms, p95 {lines.P95:0} ms; agent ÷ straight line = {agents.Median / lines.Median:0.00}");
        report.Tell("libvirt's start, asked by the agent ÷ by the straight line", $"{agentStarts.Median / lineStarts.Median:0.00} ({agentStarts.Median:0} against {lineStarts.Median:0} ms)");
        report.AtMost("Create: on top of qemu-img and libvirt's start", $"median {overheads.Median:0.0} ms, p95 {overheads.P95:0.0} ms", overheads.Median, 15, "ms");
        report.Tell("Create less the straight line, pair by pair", $"median {differences.Median:0.0} ms (quartiles {differences.At(0.25):0.0} and {differences.At(0.75):0.0})");
        await CountProgramsAsync(agent, image, report);
    }

    private static async Task<AgentTimes> CreateAsync(Agent agent, BenchImage image, int number)
    {
        var before = await StartsAsync(agent);
        var since = Stopwatch.GetTimestamp();
        var vm = await agent.CreateAsync(image.Request(string.Create(CultureInfo.InvariantCulture, $"bench-{number}")));
        var whole = Stopwatch.GetElapsedTime(since);
        var after = await StartsAsync(agent);
        for (var i = 0; after.Count == before.Count && i < MetricsTries; i++)
        {
            // The page is kept for a second, and the call may be answered after its event; a delete would cut it off.
            await Task.Delay(MetricsPause);
            after = await StartsAsync(agent);
        }

        await agent.DeleteAsync(vm.Id);
        return after.Count == before.Count + 1
            ? new((after.Seconds - before.Seconds) * 1000, whole.TotalMilliseconds)
            : throw new InvalidOperationException($"The agent's metrics tell of {after.Count - before.Count} starts after one create.");
    }

    /// <summary>How often, and for how long in all, the agent has waited for libvirt's starts. A start scatters by dozens of milliseconds, so that another one's time says little of this one's.</summary>
    private static async Task<(double Seconds, double Count)> StartsAsync(Agent agent)
    {
        var lines = (await agent.Http.GetStringAsync("/metrics")).Split('\n');
        return (Of("sum"), Of("count"));

        double Of(string what)
        {
            var series = $$"""decloud_libvirt_call_duration_seconds_{{what}}{procedure="DomainCreate",outcome="ok"} """;
            return lines.FirstOrDefault(l => l.StartsWith(series, StringComparison.Ordinal)) is { } line ? double.Parse(line.AsSpan(series.Length), CultureInfo.InvariantCulture) : 0;
        }
    }

    /// <summary>Every program that the agent or a child of its starts, as the kernel sees it.</summary>
    private static async Task CountProgramsAsync(Agent agent, BenchImage image, Report report)
    {
        var creating = await ProgramTrace.OfAsync(agent.Pid, async () =>
        {
            for (var i = 0; i < TracedCreates; i++)
            {
                await CreateAsync(agent, image, i);
            }
        });
        var names = string.Join(", ", creating.GroupBy(n => n).Select(g => $"{g.Key} {(double)g.Count() / TracedCreates:0.##}"));
        report.AtMost("Programs started by a create and a delete", $"{names} each", creating.Count(n => n != "qemu-img"), 0, "other than qemu-img");
        var vm = await agent.CreateAsync(image.Request("steady"));
        var steady = await ProgramTrace.OfAsync(agent.Pid, () => Task.Delay(Steady));
        report.AtMost("Programs started in a minute with a running VM", $"{steady.Count}", steady.Count, 0, "");
        await agent.DeleteAsync(vm.Id);
    }
}

/// <summary>How long a create through the agent took, and libvirt's start in it, in milliseconds.</summary>
internal readonly record struct AgentTimes(double Start, double Whole);

/// <summary>How long the steps took, in milliseconds.</summary>
internal readonly record struct StraightTimes(double QemuImg, double Start, double Whole);

/// <summary>A program that does what a create does and nothing else: no journal, no HTTP, no look at what is there.</summary>
internal sealed class StraightLine(LibvirtConnection libvirt, string baseImage, string folder)
{
    private readonly LibvirtDomains _domains = libvirt.Domains.Within(TimeSpan.FromSeconds(120));
    private readonly LibvirtHypervisorOptions _options = new() { AllowEmulation = true, DirectIo = DirectIo.IsSupported(folder) };

    /// <summary>Makes a VM, waits until libvirt has started it, and takes it down untimed.</summary>
    public async Task<StraightTimes> CreateAsync()
    {
        var id = VmId.New();
        var own = Directory.CreateDirectory(Path.Combine(folder, id.ToString())).FullName;
        var paths = new VmPaths(Path.Combine(own, "disk.qcow2"), Path.Combine(own, "seed.img"), Path.Combine(own, "console.log"));
        var begin = Stopwatch.GetTimestamp();
        await Programs.RunAsync("/usr/bin/qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", baseImage, paths.Disk, "1073741824");
        var made = Stopwatch.GetElapsedTime(begin);
        await File.WriteAllBytesAsync(paths.Seed, NoCloudSeed.Write(new(id.ToString(), "bench", "", id.MacAddress), null));
        var xml = DomainXml.Build(new(id, 1, 128 << 20, paths, baseImage), Acceleration.Emulation, _options).ToString(SaveOptions.DisableFormatting);
        var domain = await _domains.DefineAsync(xml);
        var defined = Stopwatch.GetElapsedTime(begin);
        await _domains.StartAsync(domain);
        var whole = Stopwatch.GetElapsedTime(begin);

        await _domains.DestroyAsync(domain);
        await _domains.UndefineAsync(domain);
        Directory.Delete(own, recursive: true);
        return new(made.TotalMilliseconds, (whole - defined).TotalMilliseconds, whole.TotalMilliseconds);
    }
}
