using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>A collector that takes OTLP over HTTP with protobuf, on a port of its own, and keeps what it got.</summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();
    private readonly ConcurrentDictionary<string, bool> _metrics = new();
    private readonly ConcurrentQueue<string> _authorizations = new();

    /// <summary>Makes it; it does not listen yet.</summary>
    public OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/traces", http => TakeAsync(http, body => OtlpBodies.Spans(body).ForEach(_spans.Enqueue)));
        _app.MapPost("/v1/metrics", http => TakeAsync(http, body => OtlpBodies.MetricNames(body).ForEach(name => _metrics[name] = true)));
    }

    /// <summary>Where it listens.</summary>
    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <summary>The spans it got.</summary>
    public IReadOnlyList<OtlpSpan> Spans => [.. _spans];

    /// <summary>The names of the metrics it got.</summary>
    public IReadOnlyCollection<string> Metrics => [.. _metrics.Keys];

    /// <summary>The Authorization headers that came along.</summary>
    public IReadOnlyList<string> Authorizations => [.. _authorizations];

    /// <summary>Begins to listen.</summary>
    public Task StartAsync() => _app.StartAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext http, Action<byte[]> take)
    {
        Assert.Equal("application/x-protobuf", http.Request.ContentType);
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        _authorizations.Enqueue(http.Request.Headers.Authorization.ToString());
        take(body.ToArray());
    }
}
