using System.Diagnostics;

namespace DeCloud.NodeAgent.Actors.Telemetry;

/// <summary>
/// Spans of what actors do. A message carries the trace it belongs to, because an actor's thread knows nothing of who sent it. Without a listener nothing is made and nothing is carried.
/// </summary>
public static class NodeTracing
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "DeCloud.NodeAgent";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The trace of whoever calls, for a message to carry; nothing when nobody listens.</summary>
    public static ActivityContext Current => Source.HasListeners() && Activity.Current is { } span ? span.Context : default;

    /// <summary>The trace that somebody on another machine names, for a message to carry; nothing when nobody listens, or it is none.</summary>
    /// <param name="traceParent">A <c>traceparent</c> of W3C Trace Context.</param>
    internal static ActivityContext Of(string? traceParent) =>
        Source.HasListeners() && ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;

    /// <summary>Begins a span that ends elsewhere. What the caller's thread does next is no part of it.</summary>
    /// <param name="name">What is done; of few values.</param>
    /// <param name="parent">What it is a part of; nothing to begin a trace.</param>
    /// <returns>The span; null when nobody listens.</returns>
    internal static Activity? Begin(string name, ActivityContext parent)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var caller = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity(name, ActivityKind.Internal, parent);
        Activity.Current = caller;
        return span;
    }

    /// <summary>Ends a span.</summary>
    /// <param name="span">The span; null for none.</param>
    /// <param name="failure">Why it went wrong; null when it went well.</param>
    internal static void End(Activity? span, string? failure)
    {
        if (span is null)
        {
            return;
        }

        if (failure is not null)
        {
            span.SetStatus(ActivityStatusCode.Error, failure);
        }

        var caller = Activity.Current;
        span.Stop();
        Activity.Current = caller;
    }
}
