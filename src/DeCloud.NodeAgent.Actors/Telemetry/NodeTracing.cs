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

    /// <summary>Carries an orchestrator's command out as a span.</summary>
    /// <param name="type">The command's type.</param>
    /// <param name="id">The command's id.</param>
    /// <param name="parent">What it is a part of; nothing to begin a trace.</param>
    /// <param name="run">Carries it out, as a part of the span that it is given; nothing when nobody listens.</param>
    /// <param name="complaintOf">Why it went wrong; null when it went well.</param>
    /// <typeparam name="T">What comes of it.</typeparam>
    internal static async Task<T> CommandAsync<T>(string type, string id, ActivityContext parent, Func<ActivityContext, Task<T>> run, Func<T, string?> complaintOf)
    {
        var span = Begin($"command {type}", parent);
        span?.SetTag("decloud.command.id", id);
        try
        {
            var result = await run(span?.Context ?? default).ConfigureAwait(false);
            End(span, complaintOf(result));
            return result;
        }
        catch (Exception e)
        {
            End(span, e.Message);
            throw;
        }
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
