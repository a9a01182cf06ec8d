using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Api.Problems;

namespace DeCloud.NodeAgent.Api.Node;

/// <summary>Serves streams of server-sent events that begin now and know no resume; as many at once as <see cref="EventReaders"/> has places.</summary>
internal sealed class LiveStreams(EventReaders readers, TimeProvider time, IHostApplicationLifetime host)
{
    /// <summary>Serves one until its reader is gone or the agent stops.</summary>
    /// <param name="http">The request.</param>
    /// <param name="items">What is sent.</param>
    /// <param name="nameOf">The name of an item's event.</param>
    /// <param name="type">How an item is written.</param>
    public async Task<IResult> ServeAsync<T>(HttpContext http, Func<CancellationToken, IAsyncEnumerable<T>> items, Func<T, string> nameOf, JsonTypeInfo<T> type)
    {
        using var place = readers.Enter();
        if (place is null)
        {
            return Problem.Of(ApiCodes.TooManyStreams);
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        EventStream.Begin(http.Response);
        try
        {
            await new EventStream(http.Response.BodyWriter, time).WriteAsync(items(end.Token), item => $"event: {nameOf(item)}\ndata: {JsonSerializer.Serialize(item, type)}\n\n", end.Token);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }

        return Results.Empty;
    }
}
