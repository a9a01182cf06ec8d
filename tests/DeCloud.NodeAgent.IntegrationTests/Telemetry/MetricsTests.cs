using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>What a running agent answers at <c>/metrics</c>, as Prometheus and those who wrote the dashboard and the alerts see it.</summary>
public sealed partial class MetricsTests(MeasuredLab lab) : AgentTests(lab), IClassFixture<MeasuredLab>
{
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
        await Lab.RemoveAsync(vm.Id);
        await Patience.UntilAsync("it is gone", TimeSpan.FromSeconds(5), async () => !(await ReadAsync()).Contains(vm.Id.ToString(), StringComparison.Ordinal));
    }

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
