using Microsoft.Extensions.Hosting;

namespace DeCloud.NodeAgent.Tests;

/// <summary>A host whose start and end the test says.</summary>
internal sealed class ManualLifetime : IHostApplicationLifetime, IDisposable
{
    private readonly CancellationTokenSource _started = new(), _stopping = new();

    public CancellationToken ApplicationStarted => _started.Token;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void Start() => _started.Cancel();

    public void StopApplication() => _stopping.Cancel();

    public void Dispose()
    {
        _started.Dispose();
        _stopping.Dispose();
    }
}
