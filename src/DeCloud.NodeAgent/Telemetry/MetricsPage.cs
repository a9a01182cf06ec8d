namespace DeCloud.NodeAgent.Telemetry;

/// <summary>What <c>/metrics</c> answers. Many who ask at once are told the same, which is at most a second old.</summary>
internal sealed class MetricsPage(MetricStore store, TimeProvider time) : IDisposable
{
    /// <summary>How long an answer is kept. The figures of VMs and host are taken once a second, so that a fresher one would say the same.</summary>
    public static readonly TimeSpan Lasts = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _writing = new(1);
    private Page? _page;

    /// <summary>The metrics.</summary>
    public async ValueTask<byte[]> ReadAsync(CancellationToken cancellation)
    {
        if (Fresh() is { } kept)
        {
            return kept;
        }

        await _writing.WaitAsync(cancellation);
        try
        {
            if (Fresh() is { } written)
            {
                return written;
            }

            var at = time.GetTimestamp();
            var body = store.Write();
            Volatile.Write(ref _page, new(at, body));
            return body;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _writing.Dispose();

    private byte[]? Fresh() => Volatile.Read(ref _page) is { } page && time.GetElapsedTime(page.At) < Lasts ? page.Body : null;

    private sealed record Page(long At, byte[] Body);
}
