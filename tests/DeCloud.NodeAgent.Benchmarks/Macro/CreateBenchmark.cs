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

        var (agents, lines, floors, overheads) = (new Sample(), new Sample(), new Sample(), new Sample());
        for (var i = 0; i < Pairs; i++)
        {
            StraightTimes line;
            double whole;
            if (i % 2 == 0)
            {
                whole = await CreateAsync(agent, image, i);
                line = await straight.CreateAsync();
            }
            else
            {
                line = await straight.CreateAsync();
                whole = await CreateAsync(agent, image, i);
            }

            agents.Add(whole);
            lines.Add(line.Whole);
            floors.Add(line.QemuImg + line.Start);
            overheads.Add(whole - line.QemuImg - line.Start);
        }

        report.Tell("Create to running through HTTP", $"median {agents.Median:0} ms, p95 {agents.P95:0} ms (n={agents.Count})");
        report.Tell("The same steps in a straight line", $"median {lines.Median:0} ms, p95 {lines.P95:0} ms, of which qemu-img and start {floors.Median:0} ms; agent ÷ straight line = {agents.Median / lines.Median:0.00}");
        report.AtMost("Create: on top of qemu-img and libvirt's start", $"{overheads.Median:0.0} ms (median of the pairs' differences)", overheads.Median, 15, "ms");
        await CountProgramsAsync(agent, image, report);
    }

    private static async Task<double> CreateAsync(Agent agent, BenchImage image, int number)
    {
        var since = Stopwatch.GetTimestamp();
        var vm = await agent.CreateAsync(image.Request(string.Create(CultureInfo.InvariantCulture, $"bench-{number}")));
        var whole = Stopwatch.GetElapsedTime(since).TotalMilliseconds;
        await agent.DeleteAsync(vm.Id);
        return whole;
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
