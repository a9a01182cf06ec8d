using System.Globalization;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using Microsoft.AspNetCore.Mvc;

namespace DeCloud.NodeAgent.Api.Node;

/// <summary>The node's events as they happen.</summary>
internal static class EventEndpoints
{
    /// <summary>Where they are.</summary>
    public const string Path = "/api/events";

    private const string LastEventId = "Last-Event-ID";

    /// <summary>Maps the route.</summary>
    /// <param name="api"><c>/api</c>.</param>
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("events", Follow)
            .Does(
                "Follow events",
                "A stream of server-sent events, in the order of the journal. 'id' is the place in the journal: a reader that comes back with it as 'Last-Event-ID' (as browsers do by themselves) misses nothing. A reader that is too slow gets an event 'gap' and is disconnected; nothing is skipped in silence. A comment every 15 seconds shows that the stream lives.")
            .Query("after", "integer", "Only events behind this place in the journal; 'Last-Event-ID' goes before it. What comes next when both are absent.", "0")
            .Gives<EventResource>(200, "The stream; each 'data' is one event.", "text/event-stream")
            .Fails(ApiCodes.TooManyStreams);

    private static async Task<IResult> Follow(HttpContext http, [FromServices] IEventFeed feed, EventReaders readers, TimeProvider time, IHostApplicationLifetime host)
    {
        var query = new QueryReader(http.Request.Query);
        long? after = query.Text("after") is null ? null : query.Whole("after", 0, 0, long.MaxValue);
        if (http.Request.Headers[LastEventId] is { Count: > 0 } last)
        {
            if (long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                after = id;
            }
            else
            {
                query.Errors.Add(LastEventId, last.ToString(), "must be the id of an event.");
            }
        }

        if (!query.Errors.IsEmpty)
        {
            return Problem.Invalid(query.Errors);
        }

        using var place = readers.Enter();
        if (place is null)
        {
            return Problem.Of(ApiCodes.TooManyStreams);
        }

        // The agent does not wait for readers when it stops; they come back with the last id.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        // Known before the first byte is sent: what a reader causes after it has seen the answer begin is in the stream.
        var from = after ?? await feed.LastIdAsync(end.Token);
        EventStream.Begin(http.Response);
        try
        {
            await new EventStream(http.Response.BodyWriter, time).WriteAsync(feed.ReadAsync(from, end.Token), end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }

        return Results.Empty;
    }
}

/// <summary>Bounds how many streams are open at once.</summary>
internal sealed class EventReaders
{
    private const int Most = 64;
    private int _count;

    /// <summary>Takes a place, which is given back when it is disposed of; null when there is none.</summary>
    public IDisposable? Enter()
    {
        if (Interlocked.Increment(ref _count) <= Most)
        {
            return new Place(this);
        }

        Interlocked.Decrement(ref _count);
        return null;
    }

    private sealed class Place(EventReaders readers) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref readers._count);
    }
}
