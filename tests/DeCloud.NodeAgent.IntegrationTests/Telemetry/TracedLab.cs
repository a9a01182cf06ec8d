using DeCloud.NodeAgent.IntegrationTests.Remote;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>An agent that sends its traces and metrics to a collector of the tests, and obeys orchestrators.</summary>
public sealed class TracedLab : RemoteLab
{
    /// <summary>What the collector must be shown.</summary>
    public const string Authorization = "Bearer a b=c%2C";

    /// <summary>The collector.</summary>
    public OtlpReceiver Collector { get; } = new();

    /// <inheritdoc/>
    protected override string[] Settings => [.. base.Settings, $"Telemetry:OtlpEndpoint={Collector.Url}", $"Telemetry:OtlpHeadersFile={HeadersFile}", "Telemetry:MetricsInterval=1s"];

    private string HeadersFile => Path.Combine(StatePath, "otlp-headers");

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Collector.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override async Task PrepareStateAsync()
    {
        await base.PrepareStateAsync();
        await Collector.StartAsync();
        await File.WriteAllTextAsync(HeadersFile, $"Authorization: {Authorization}\n");
        File.SetUnixFileMode(HeadersFile, UnixFileMode.UserRead);
    }
}
