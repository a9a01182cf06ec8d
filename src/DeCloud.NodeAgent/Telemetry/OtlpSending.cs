using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Configuration;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>
/// Sends traces and metrics to a collector by OTLP, HTTP with protobuf. Made only when a collector is configured: OpenTelemetry is loaded with this type, and an agent without costs nothing of it.
/// A collector that is away costs what is sent meanwhile, and nothing else.
/// </summary>
internal sealed partial class OtlpSending : IHostedService, IDisposable
{
    private const string HttpSource = "Microsoft.AspNetCore";
    private const int SendDeadlineMilliseconds = 10_000;

    private readonly OtlpTroubles _troubles;
    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    /// <summary>Begins to listen and to send.</summary>
    public OtlpSending(TelemetrySection section, ILogger<OtlpSending> log, TimeProvider time)
    {
        LogSending(log, section.Endpoint);
        _troubles = new(log, time);
        var resource = ResourceBuilder.CreateEmpty()
            .AddService("decloud-agent", serviceVersion: Start.Version, autoGenerateServiceInstanceId: false, serviceInstanceId: Environment.MachineName)
            .AddAttributes([new("host.name", Environment.MachineName)]);
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(section.TraceRatio)))
            .AddSource(HttpSource, NodeTracing.SourceName, "DeCloud.Libvirt")
            .AddOtlpExporter(otlp => SendTo(otlp, section, "v1/traces"))
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter([.. MetricStore.MeterNames])
            .AddOtlpExporter((otlp, reader) =>
            {
                SendTo(otlp, section, "v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)section.MetricsInterval.TotalMilliseconds;
                reader.PeriodicExportingMetricReaderOptions.ExportTimeoutMilliseconds = SendDeadlineMilliseconds;
            })
            .Build();
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Sends what is left. The end of the agent waits for it no longer than the host does.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            _traces.ForceFlush(SendDeadlineMilliseconds);
            _metrics.ForceFlush(SendDeadlineMilliseconds);
        },
        cancellationToken).WaitAsync(cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose()
    {
        _traces.Dispose();
        _metrics.Dispose();
        _troubles.Dispose();
    }

    private static void SendTo(OtlpExporterOptions otlp, TelemetrySection section, string path)
    {
        otlp.Endpoint = new(new Uri(section.Endpoint.AbsoluteUri.TrimEnd('/') + "/"), path);
        otlp.Protocol = OtlpExportProtocol.HttpProtobuf;
        otlp.TimeoutMilliseconds = SendDeadlineMilliseconds;
        if (section.Headers is { } headers)
        {
            otlp.Headers = headers;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Traces and metrics are sent to {Endpoint} by OTLP")]
    private static partial void LogSending(ILogger log, Uri endpoint);
}
