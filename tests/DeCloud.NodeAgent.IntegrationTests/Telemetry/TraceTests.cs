using System.Globalization;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Remote;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>What a collector gets of a running agent.</summary>
public sealed class TraceTests(TracedLab lab) : AgentTests(lab), IClassFixture<TracedLab>
{
    /// <summary>The trace of the test that has one of its own.</summary>
    private const string Commanded = "1bf7651916cd43dd8448eb211c80319d";

    [Fact]
    public async Task One_create_is_one_trace_from_the_request_over_the_actors_to_libvirt()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        OtlpSpan? start = null;
        await Patience.UntilAsync("the start has come", TimeSpan.FromSeconds(20), () =>
        {
            start = lab.Collector.Spans.FirstOrDefault(s => s.TraceId != Commanded && s.Source == "DeCloud.Libvirt" && s.Name.StartsWith("libvirt DomainCreate", StringComparison.Ordinal));
            return Task.FromResult(start is not null && lab.Collector.Spans.Any(s => s.TraceId == start.TraceId && s.Name == "vm create"));
        });

        var step = ParentOf(start!);
        Assert.Equal(("step start", "DeCloud.NodeAgent"), (step.Name, step.Source));
        var operation = ParentOf(step);
        Assert.Equal(("vm create", "DeCloud.NodeAgent"), (operation.Name, operation.Source));
        var request = ParentOf(operation);
        Assert.Equal(("POST /api/vms", "Microsoft.AspNetCore"), (request.Name.TrimEnd('/'), request.Source));
        Assert.Equal("", request.ParentId.Trim('0'));

        var trace = lab.Collector.Spans.Where(s => s.TraceId == start!.TraceId).ToList();
        Assert.Equal(
            ["step create-disk", "step create-seed", "step define", "step resolve-image", "step start"],
            trace.Where(s => s.ParentId == operation.SpanId).Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Contains(trace, s => s.Name.StartsWith("libvirt DomainDefine", StringComparison.Ordinal) && ParentOf(s).Name == "step define");
        await Lab.RemoveAsync(vm.Id);
    }

    [Fact]
    public async Task A_command_over_Akka_carries_the_orchestrators_trace_on_down_to_libvirt()
    {
        await using var orchestrator = new OrchestratorProcess(lab);
        await orchestrator.HearsAsync("attached", "node", "node-1");
        var id = Guid.NewGuid();
        await orchestrator.SayAsync(
            $"create on=node-1 id={id} command=traced name=traced vcpus=1 memory={64 << 20} disk={256 << 20} image={lab.ImageUrl} hash={lab.ImageHash} trace=00-{Commanded}-c7ad6b7169203331-01");
        await orchestrator.HearsAsync("ended", "command", "traced");
        OtlpSpan? start = null;
        await Patience.UntilAsync("the trace has come", TimeSpan.FromSeconds(20), () =>
        {
            start = lab.Collector.Spans.FirstOrDefault(s => s.TraceId == Commanded && s.Source == "DeCloud.Libvirt" && s.Name.StartsWith("libvirt DomainCreate", StringComparison.Ordinal));
            return Task.FromResult(start is not null && lab.Collector.Spans.Any(s => s.TraceId == Commanded && s.Name == "vm create"));
        });

        var step = ParentOf(start!);
        var operation = ParentOf(step);
        var command = ParentOf(operation);
        Assert.Equal(("step start", "vm create", "command CreateVm", "c7ad6b7169203331"), (step.Name, operation.Name, command.Name, command.ParentId));
        await Lab.RemoveAsync(id);
    }

    [Fact]
    public async Task A_callers_own_trace_is_carried_on()
    {
        const string Trace = "0af7651916cd43dd8448eb211c80319c";
        using var http = new HttpClient { BaseAddress = new(string.Create(CultureInfo.InvariantCulture, $"http://{Lab.Host.Address}:{Lab.Agent.Port}")) };
        http.DefaultRequestHeaders.Add("traceparent", $"00-{Trace}-b7ad6b7169203331-01");
        await http.GetStringAsync(new Uri("/api/node", UriKind.Relative));

        await Patience.UntilAsync("the request has come", TimeSpan.FromSeconds(20), () => Task.FromResult(lab.Collector.Spans.Any(s => s.TraceId == Trace && s.ParentId == "b7ad6b7169203331")));
    }

    [Fact]
    public async Task Metrics_come_too_and_the_headers_go_along()
    {
        await Patience.UntilAsync(
            "the metrics have come", TimeSpan.FromSeconds(20), () => Task.FromResult(lab.Collector.Metrics.Contains("decloud.libvirt.up") && lab.Collector.Metrics.Contains("decloud.libvirt.call.duration")));
        Assert.All(lab.Collector.Authorizations, a => Assert.Equal(TracedLab.Authorization, a));
    }

    private OtlpSpan ParentOf(OtlpSpan span) => Assert.Single(lab.Collector.Spans, s => s.TraceId == span.TraceId && s.SpanId == span.ParentId);
}
