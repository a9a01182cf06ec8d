using System.Globalization;
using System.Text;
using Akka.Actor;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Telemetry;
using DeCloud.NodeAgent.Tests.Actors;
using DeCloud.NodeAgent.Tests.Simulation;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Telemetry;

/// <summary>What the node's actors measure. The meters are the process's, so that other tests may count along: what is counted is at least what happened here.</summary>
public sealed class NodeInstrumentsTests(ITestOutputHelper output) : NodeFixture(output)
{
    private readonly MetricStore _store = new(new object());
    private readonly ResourceBoard _resources = new();
    private readonly SimulatedMachine _machine = new();

    protected override ResourceParts Machine => new(_machine, _machine, _resources);

    [Fact]
    public async Task A_VM_that_is_made_and_removed_leaves_its_operations_steps_and_the_image_it_asked_for()
    {
        await Connected();
        var id = await Running();
        await Accepted(Samples.Change(id, VmChange.Delete, "delete"));
        await Until(() => !Board.Current.ContainsKey(id));

        await Until(() => Value("decloud_operation_duration_seconds_count{kind=\"delete\",outcome=\"succeeded\"}") >= 1);
        Assert.True(Value("decloud_operation_duration_seconds_count{kind=\"create\",outcome=\"succeeded\"}") >= 1);
        foreach (var step in new[] { "resolve-image", "create-disk", "create-seed", "define", "start", "destroy", "undefine", "remove-files" })
        {
            Assert.True(Value($"decloud_vm_step_duration_seconds_count{{step=\"{step}\",outcome=\"succeeded\"}}") >= 1, step);
        }

        Assert.True(Value("decloud_image_lookups_total{result=\"miss\"}") >= 1);
        Assert.True(Value("decloud_image_imports_total{outcome=\"succeeded\"}") >= 1);
        Assert.Equal((1, true, true), (Gauges.Images!.Images, Gauges.IsHypervisorUp, Gauges.IsReconciled));
    }

    [Fact]
    public async Task A_connection_that_is_lost_is_told_of()
    {
        await Connected();
        Hypervisor.Lose("gone");
        await Until(() => !Gauges.IsHypervisorUp);
    }

    [Fact]
    public async Task Mailboxes_are_told_of_by_the_parts_names_and_a_part_that_falls_is_counted()
    {
        await Connected();
        Assert.Equal(["heartbeat", "hypervisor", "images", "operators", "remote", "resources", "vms", "wireguard"], Gauges.Mailboxes().Select(m => m.Actor).Except(["bridge", "ports"]));
        var before = Value("decloud_actor_restarts_total{actor=\"images\"}");
        Sys.ActorSelection(Node.Path / "images").Tell(Kill.Instance);

        await Until(() => Value("decloud_actor_restarts_total{actor=\"images\"}") > before);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _store.Dispose();
    }

    private double Value(string series) => Encoding.UTF8.GetString(_store.Write()).Split('\n')
        .Where(line => line.StartsWith(series + " ", StringComparison.Ordinal))
        .Select(line => double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture))
        .FirstOrDefault();
}
