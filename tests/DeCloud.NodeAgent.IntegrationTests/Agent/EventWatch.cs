using System.Runtime.CompilerServices;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>A reader of the node's event stream.</summary>
public sealed class EventWatch(HttpResponseMessage response) : IDisposable
{
    /// <summary>The events as they come, until the stream ends or breaks.</summary>
    public async IAsyncEnumerable<EventResource> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return JsonSerializer.Deserialize(line["data: ".Length..], RestJson.Default.EventResource)!;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => response.Dispose();
}
