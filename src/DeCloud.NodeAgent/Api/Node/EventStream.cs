using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Api.Node;

/// <summary>Writes events as server-sent events (WHATWG HTML, section 9.2): <c>id</c>, <c>event</c> and <c>data</c> lines, and a comment as a heartbeat while nothing happens.</summary>
internal sealed class EventStream(PipeWriter output, TimeProvider time)
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Writes events until there are no more or the reader is too slow; the latter is told before the end.</summary>
    /// <param name="events">The events.</param>
    /// <param name="cancellation">The reader is gone, or the agent stops.</param>
    public Task WriteAsync(IAsyncEnumerable<EventResource> events, CancellationToken cancellation) => WriteAsync(events, Format, cancellation);

    /// <summary>Says of an answer that it is a stream.</summary>
    public static void Begin(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Writes anything as events, as they come.</summary>
    /// <param name="items">What is written.</param>
    /// <param name="format">An item as an event, with its empty line.</param>
    /// <param name="cancellation">The reader is gone, or the agent stops.</param>
    public async Task WriteAsync<T>(IAsyncEnumerable<T> items, Func<T, string> format, CancellationToken cancellation)
    {
        await WriteAsync("retry: 2000\n\n", cancellation);
        await using var reader = items.GetAsyncEnumerator(cancellation);
        try
        {
            while (await NextAsync(reader, cancellation))
            {
                await WriteAsync(format(reader.Current), cancellation);
            }
        }
        catch (SlowReaderException e)
        {
            // No id line: the reader resumes after the last event it was given.
            await WriteAsync($"event: gap\ndata: {{\"code\":\"slow-reader\",\"message\":\"{JsonEncodedText.Encode(e.Message)}\"}}\n\n", cancellation);
        }
    }

    private async Task<bool> NextAsync<T>(IAsyncEnumerator<T> reader, CancellationToken cancellation)
    {
        var next = reader.MoveNextAsync().AsTask();
        while (true)
        {
            try
            {
                return await next.WaitAsync(Heartbeat, time, cancellation);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                await WriteAsync(": still here\n\n", cancellation);
            }
            catch (OperationCanceledException)
            {
                // An enumerator may not be disposed of while it moves.
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw;
            }
        }
    }

    private static string Format(EventResource e) => string.Create(
        CultureInfo.InvariantCulture,
        $"id: {e.Id}\nevent: {e.Entry.Type}\ndata: {JsonSerializer.Serialize(e, WireJson.Types.EventResource)}\n\n");

    private async Task WriteAsync(string text, CancellationToken cancellation)
    {
        Encoding.UTF8.GetBytes(text, output);
        await output.FlushAsync(cancellation);
    }
}
