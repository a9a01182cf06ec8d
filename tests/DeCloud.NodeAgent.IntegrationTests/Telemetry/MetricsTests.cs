using System.Diagnostics;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>What a running agent answers at <c>/metrics</c>, as Prometheus and those who wrote the dashboard and the alerts see it.</summary>
public sealed partial class MetricsTests(MeasuredLab lab) : AgentTests(lab), IClassFixture<MeasuredLab>
{
    private const int Scrapers = 8;
    private static readonly TimeSpan GivenUp = TimeSpan.FromSeconds(8);
    private static readonly string Root = LibvirtHost.RepositoryRoot();

    [Fact]
    public async Task Every_metric_of_dashboard_and_alerts_exists_and_every_metric_is_documented()
    {
        var text = await BusyAgentAsync();
        var samples = text.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split('{', ' ')[0]).ToHashSet();
        foreach (var file in new[] { "grafana-dashboard.json", "alerts.yml" })
        {
            var named = Metric().Matches(await File.ReadAllTextAsync(Path.Combine(Root, "monitoring", file))).Select(m => m.Value).ToHashSet();
            Assert.True(named.Count > 15, file);
            Assert.Equal([], named.Except(samples).Order());
        }

        var documented = Metric().Matches(await File.ReadAllTextAsync(Path.Combine(Root, "docs", "monitoring.md"))).Select(m => m.Value).ToHashSet();
        var families = text.Split('\n').Where(line => line.StartsWith("# TYPE decloud_", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]);
        Assert.Equal([], families.Except(documented));
    }

    [Fact]
    public async Task Promtool_finds_nothing_to_object_to()
    {
        var text = await BusyAgentAsync();
        var metrics = await (PipeSource.FromString(text) | Cli.Wrap("promtool").WithArguments(["check", "metrics"])).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        Assert.Equal(("", "", 0), (metrics.StandardOutput, metrics.StandardError, metrics.ExitCode));
    }

    [Theory]
    [InlineData("check", "alerts.yml")]
    [InlineData("test", "alerts.test.yml")]
    public async Task The_alert_rules_are_right_and_fire_when_they_should(string what, string file)
    {
        var rules = await Cli.Wrap("promtool").WithArguments([what, "rules", Path.Combine(Root, "monitoring", file)]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();
        Assert.True(rules.ExitCode == 0, rules.StandardOutput + rules.StandardError);
    }

    [Fact]
    public async Task A_VM_is_told_of_while_it_lives_and_its_figures_move()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64) with { Name = "measured" })))!;
        var labels = $"{{vm=\"{vm.Id}\",name=\"measured\"}}";
        foreach (var metric in new[] { "cpu_time_seconds_total", "memory_resident_bytes", "disk_read_bytes_total" })
        {
            await Patience.UntilAsync($"{metric} is above zero", TimeSpan.FromSeconds(20), async () => Value(await ReadAsync(), $"decloud_vm_{metric}{labels}") > 0);
        }

        Assert.Equal(1, Value(await ReadAsync(), $"decloud_vm_up{labels}"));

        // The agent of this lab is root and reads the process's own count. An agent that is not finds libvirt's group for this machine, and in it what it reads instead.
        var group = ControlGroupFiles.MachineOf(await File.ReadAllTextAsync($"/proc/{Lab.Host.QemuPid($"dc-{vm.Id}")}/cgroup"))!.Value;
        Assert.Contains($"-dc-{vm.Id}", group.Path.Split('/')[^1].Replace(@"\x2d", "-", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(File.Exists(group.IsUnified ? $"/sys/fs/cgroup{group.Path}/io.stat" : $"/sys/fs/cgroup/blkio{group.Path}/blkio.throttle.io_service_bytes"), group.Path);

        await Lab.RemoveAsync(vm.Id);
        await Patience.UntilAsync("it is gone", TimeSpan.FromSeconds(5), async () => !(await ReadAsync()).Contains(vm.Id.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_VM_that_hangs_slows_no_scraper_and_hides_no_other_VM()
    {
        var (hung, other) = (await CountedAsync(), await CountedAsync());
        var qemu = Lab.Host.QemuPid($"dc-{hung}");
        await LibvirtHost.SignalAsync("STOP", qemu);
        try
        {
            var before = Value(await ReadAsync(), Cpu(other));
            var last = await ScrapeByManyAsync();
            Assert.InRange(Value(last, Cpu(other)), before + 0.01, double.MaxValue);
            Assert.True(Value(last, Cpu(hung)) > 0, "The VM that hangs is not told of.");
            Assert.Equal(1, Value(last, "decloud_libvirt_up"));
        }
        finally
        {
            await LibvirtHost.SignalAsync("CONT", qemu);
        }

        await Lab.RemoveAsync(hung);
        await Lab.RemoveAsync(other);
    }

    [Fact]
    public async Task A_libvirt_that_hangs_slows_no_scraper_and_is_told()
    {
        var vm = await CountedAsync();
        await Lab.Host.PauseLibvirtdAsync();
        try
        {
            var last = await ScrapeByManyAsync();
            Assert.Equal(0, Value(last, "decloud_libvirt_up"));
            Assert.InRange(Value(last, "decloud_host_cpu_busy_ratio"), 0, 1);
        }
        finally
        {
            await Lab.Host.ResumeLibvirtdAsync();
        }

        await Lab.Agent.ReadyAsync();
        await Lab.RemoveAsync(vm);
    }

    /// <summary>Lets several ask at once, again and again, for as long as libvirt's calls take to be given up.</summary>
    /// <returns>The last answer.</returns>
    private async Task<string> ScrapeByManyAsync()
    {
        var (clock, slowest, last) = (Stopwatch.StartNew(), TimeSpan.Zero, "");
        while (clock.Elapsed < GivenUp)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, Scrapers).Select(_ => TimedAsync()));
            slowest = answers.Select(a => a.Took).Append(slowest).Max();
            last = answers[^1].Text;

            // One page for all of them, or two, where a second ended in between.
            Assert.InRange(answers.Select(a => a.Text).Distinct().Count(), 1, 2);
            await Task.Delay(50);
        }

        Assert.True(slowest < TimeSpan.FromSeconds(1), $"One of them waited for {slowest}.");
        return last;
    }

    private async Task<(TimeSpan Took, string Text)> TimedAsync()
    {
        var clock = Stopwatch.StartNew();
        var text = await ReadAsync();
        return (clock.Elapsed, text);
    }

    /// <summary>A VM whose processor time is told.</summary>
    private async Task<Guid> CountedAsync()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        await Patience.UntilAsync("the VM's figures are there", TimeSpan.FromSeconds(20), async () => Value(await ReadAsync(), Cpu(vm.Id)) > 0);
        return vm.Id;
    }

    private static string Cpu(Guid vm) => $"decloud_vm_cpu_time_seconds_total{{vm=\"{vm}\",name=\"small\"}}";

    private async Task<string> BusyAgentAsync()
    {
        await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64)));
        var text = "";
        await Patience.UntilAsync("the figures of the VM are there", TimeSpan.FromSeconds(20), async () => (text = await ReadAsync()).Contains("decloud_vm_network_receive_bytes_total{", StringComparison.Ordinal)
            && text.Contains("decloud_vm_cpu_time_seconds_total{", StringComparison.Ordinal) && text.Contains("decloud_vm_disk_written_bytes_total{", StringComparison.Ordinal)
            && text.Contains("decloud_host_cpu_busy_ratio ", StringComparison.Ordinal));
        return text;
    }

    private async Task<string> ReadAsync()
    {
        var answer = await Lab.Api.SendAsync(HttpMethod.Get, "/metrics");
        Assert.Equal((200, "text/plain"), ((int)answer.Status, answer.MediaType));
        return answer.Body;
    }

    private static double Value(string text, string series) => text.Split('\n')
        .Where(line => line.StartsWith(series + " ", StringComparison.Ordinal))
        .Select(line => double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture))
        .FirstOrDefault(double.NaN);

    [GeneratedRegex(@"\b(?:decloud|process|dotnet)_[a-z0-9_]+\b")]
    private static partial Regex Metric();
}
