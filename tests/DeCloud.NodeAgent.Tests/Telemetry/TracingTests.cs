using System.Collections.Concurrent;
using System.Diagnostics;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Actors;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Telemetry;

/// <summary>The spans of a VM's operations. Other tests may make spans at the same time, so only those of an own trace are looked at.</summary>
public sealed class TracingTests : NodeFixture
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;
    private readonly ActivityContext _caller = new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);

    public TracingTests(ITestOutputHelper output)
        : base(output)
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == NodeTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId == _caller.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public async Task The_steps_are_parts_of_the_operation_and_the_operation_of_whoever_asked()
    {
        await Connected();
        var id = VmId.New();
        await Accepted(Samples.Create(id) with { Trace = _caller });
        await Until(() => Own().Any(s => s.DisplayName == "vm create"));

        var operation = Own().Single(s => s.DisplayName == "vm create");
        Assert.Equal((_caller.SpanId, "succeeded", id.ToString()), (operation.ParentSpanId, operation.GetTagItem("decloud.operation.outcome"), operation.GetTagItem("decloud.vm.id")));
        Assert.Equal(
            ["step resolve-image", "step create-disk", "step create-seed", "step define", "step start"],
            Own().Where(s => s.ParentSpanId == operation.SpanId).OrderBy(s => s.StartTimeUtc).Select(s => s.DisplayName));
    }

    [Fact]
    public async Task A_step_that_fails_says_why_and_the_next_try_is_a_part_of_the_same()
    {
        await Connected();
        Disk.Fail("disk", 1);
        var id = VmId.New();
        await Accepted(Samples.Create(id) with { Trace = _caller });
        await Pass(TimeSpan.FromMinutes(2), () => Own().Any(s => s.DisplayName == "vm create"));

        Assert.Equal([ActivityStatusCode.Error, ActivityStatusCode.Unset], Own().Where(s => s.DisplayName == "step create-disk").OrderBy(s => s.StartTimeUtc).Select(s => s.Status));
    }

    [Fact]
    public async Task Who_follows_nothing_is_followed_by_nothing()
    {
        await Connected();
        await Running();

        Assert.Empty(Own());
        Assert.Null(NodeTracing.Begin("step start", default));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _listener.Dispose();
    }

    private List<Activity> Own() => [.. _ended.Where(s => s.TraceId == _caller.TraceId)];
}
