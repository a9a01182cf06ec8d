using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Api;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Tests.Telemetry;

public sealed class MetricsRouteTests : IAsyncLifetime
{
    private readonly SteppedTime _clock = new();
    private readonly ApiHost _host;

    public MetricsRouteTests() => _host = new() { Time = _clock };

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Every_VM_is_told_of_with_what_it_uses_and_no_more_when_it_is_gone()
    {
        var vm = Samples.Vm(name: "we\"b");
        _host.Board.Publish(new(vm.Id), vm);
        _host.ResourceBoard.Publish([new VmCounters(vm.Id, TimeSpan.FromSeconds(12.5), 1 << 20, 10, 20, 30, null), new VmCounters(Guid.NewGuid(), TimeSpan.FromSeconds(1), 1, 1, 1, 1, 1)]);
        var labels = $"{{vm=\"{vm.Id}\",name=\"we\\\"b\"}}";

        var text = await ReadAsync();
        foreach (var line in new[]
        {
            $"decloud_vm_up{labels} 1", $"decloud_vm_cpu_time_seconds_total{labels} 12.5", $"decloud_vm_memory_resident_bytes{labels} 1048576", $"decloud_vm_disk_read_bytes_total{labels} 10",
            $"decloud_vm_disk_written_bytes_total{labels} 20", $"decloud_vm_network_receive_bytes_total{labels} 30", $"decloud_vm_vcpus{labels} {vm.VCpus}", "decloud_vms{state=\"running\"} 1",
        })
        {
            Assert.Contains(line, text);
        }

        // What is not told of it, and of a VM that is nobody's, is left out.
        Assert.DoesNotContain(text, line => line.StartsWith("decloud_vm_network_transmit_bytes_total{", StringComparison.Ordinal));
        Assert.Single(text, line => line.StartsWith("decloud_vm_cpu_time_seconds_total{", StringComparison.Ordinal));

        _host.Board.Remove(new(vm.Id));
        Assert.DoesNotContain(await ReadLaterAsync(), line => line.Contains(vm.Id.ToString(), StringComparison.Ordinal));
        Assert.Empty(_host.Vms.Received);
    }

    [Fact]
    public async Task The_answer_is_kept_for_a_second_for_all_who_ask()
    {
        var first = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ReadAsync()));
        Assert.All(first, text => Assert.Equal(first[0], text));
        _host.Board.Publish(new(Samples.Id), Samples.Vm());

        Assert.DoesNotContain(await ReadAsync(), line => line.StartsWith("decloud_vm_up", StringComparison.Ordinal));
        Assert.Contains(await ReadLaterAsync(), line => line.StartsWith("decloud_vm_up", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Requests_are_counted_by_route_and_never_by_what_a_caller_writes()
    {
        await _host.Get($"/api/vms/{Samples.Id}");
        await _host.Get("/nobody/knows/this");
        await _host.Send(new("BREW"), "/api/vms", null);

        var text = await ReadAsync();
        Assert.Contains(text, line => line.StartsWith("decloud_api_requests_total{method=\"GET\",route=\"/api/vms/{id}/\"", StringComparison.Ordinal) || line.StartsWith("decloud_api_requests_total{method=\"GET\",route=\"/api/vms/{id}\"", StringComparison.Ordinal));
        Assert.Contains("decloud_api_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1", text);
        Assert.Contains(text, line => line.StartsWith("decloud_api_requests_total{method=\"other\"", StringComparison.Ordinal));
        Assert.DoesNotContain(text, line => line.Contains("nobody", StringComparison.Ordinal) || line.Contains("BREW", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_orchestrator_and_the_image_cache_are_told_of_when_there_is_something_to_tell()
    {
        Assert.DoesNotContain(await ReadAsync(), line => line.StartsWith("decloud_orchestrator_state", StringComparison.Ordinal) || line.StartsWith("decloud_remote", StringComparison.Ordinal) || line.StartsWith("decloud_image_cache", StringComparison.Ordinal));
        var board = _host.Services.GetRequiredService<NodeGaugeBoard>();
        board.Publish(new ImageGauges(2, 300, 1000, 1));
        board.ChangeRemote(DateTimeOffset.UnixEpoch, _ => RemoteLink.To("orchestrator", DateTimeOffset.UnixEpoch.AddSeconds(2.5)));
        board.Publish(new OrchestratorResource
        {
            State = "reporting",
            LoginWished = true,
            Failures = 3,
            CommandsReceived = 9,
            CommandsOpen = 1,
            Outbox = 4,
            ResultsTold = 5,
            QuarantinedVms = [],
            LastReportAt = DateTimeOffset.UnixEpoch.AddSeconds(1.5),
        });

        var text = await ReadLaterAsync();
        foreach (var line in new[]
        {
            "decloud_orchestrator_state{state=\"reporting\"} 1", "decloud_orchestrator_state{state=\"unreachable\"} 0", "decloud_orchestrator_outbox_results 4",
            "decloud_remote_attached 1", "decloud_remote_listening 1", "decloud_remote_changed_timestamp_seconds 2.5", "decloud_orchestrator_last_report_timestamp_seconds 1.5", "decloud_image_cache_entries 2", "decloud_image_cache_used_bytes 300", "decloud_image_cache_budget_bytes 1000",
        })
        {
            Assert.Contains(line, text);
        }
    }

    [Fact]
    public async Task The_content_type_is_that_of_the_text_format() =>
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", (await _host.Get("/metrics")).Header("Content-Type"));

    private async Task<string[]> ReadAsync()
    {
        var answer = await _host.Get("/metrics");
        Assert.Equal(200, answer.Status);
        return answer.Text.Split('\n');
    }

    private Task<string[]> ReadLaterAsync()
    {
        _clock.Passed += TimeSpan.FromSeconds(1.1);
        return ReadAsync();
    }
}
