using System.Collections.Concurrent;
using System.Diagnostics;
using DeCloud.NodeAgent.Actors.Telemetry;

namespace DeCloud.NodeAgent.Tests.Telemetry;

/// <summary>A trace that somebody elsewhere began, and what the node adds to it. Other tests may make spans at the same time, so only those of this trace are kept.</summary>
internal sealed class FollowedTrace : IDisposable
{
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly ActivityListener _listener;

    public FollowedTrace()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == NodeTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId == Caller.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                if (span.TraceId == Caller.TraceId)
                {
                    _ended.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The span that the node's are parts of.</summary>
    public ActivityContext Caller { get; } = new(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);

    /// <summary>It as W3C Trace Context writes it.</summary>
    public string TraceParent => $"00-{Caller.TraceId}-{Caller.SpanId}-01";

    /// <summary>What the node has done for it so far.</summary>
    public IReadOnlyCollection<Activity> Ended => _ended;

    public void Dispose() => _listener.Dispose();
}
