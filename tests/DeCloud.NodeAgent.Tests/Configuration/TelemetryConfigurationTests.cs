using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Tests.Configuration;

public sealed class TelemetryConfigurationTests
{
    private const string HeadersFile = "/etc/decloud/otlp-headers";

    [Fact]
    public void Without_a_collector_nothing_is_sent()
    {
        Assert.Empty(Read(out var options));
        Assert.Null(options.Telemetry);
    }

    [Fact]
    public void A_collector_with_all_that_belongs_to_it_is_taken_and_its_headers_are_never_shown()
    {
        Assert.Empty(Read(
            out var options,
            "Authorization: Bearer s3cr3t=x\n\nX-Scope: node 7\n",
            ("Telemetry:OtlpEndpoint", "https://otlp.example/base"),
            ("Telemetry:OtlpHeadersFile", HeadersFile),
            ("Telemetry:MetricsInterval", "5s"),
            ("Telemetry:TraceRatio", "0.25")));

        Assert.Equal(new TelemetrySection(new("https://otlp.example/base"), "Authorization=Bearer%20s3cr3t%3Dx,X-Scope=node%207", TimeSpan.FromSeconds(5), 0.25), options.Telemetry);
        Assert.DoesNotContain("s3cr3t", options.Telemetry!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Telemetry:OtlpEndpoint", "collector:4317", "http or https")]
    [InlineData("Telemetry:MetricsInterval", "10ms", "time span")]
    [InlineData("Telemetry:TraceRatio", "1.5", "number in range")]
    [InlineData("Telemetry:OtlpHeadersFile", "relative", "absolute path")]
    public void What_is_wrong_is_said_with_its_key_and_a_remedy(string key, string value, string reason)
    {
        var error = Assert.Single(Read(out _, "Authorization: x", (key, value)));
        Assert.Equal((key, value), (error.Key, error.Value));
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Authorization")]
    [InlineData("Authorization: ")]
    [InlineData("Author ization: x")]
    [InlineData("Authorization: a,b")]
    [InlineData("Authorization: caf\u00e9")]
    public void A_file_that_holds_no_headers_is_refused_without_being_shown(string content)
    {
        var error = Assert.Single(Read(out _, content, ("Telemetry:OtlpEndpoint", "https://o.example"), ("Telemetry:OtlpHeadersFile", HeadersFile)));
        Assert.Equal(("Telemetry:OtlpHeadersFile", HeadersFile), (error.Key, error.Value));
    }

    [Fact]
    public void Headers_are_not_sent_in_the_clear_and_not_to_nowhere()
    {
        Assert.Equal("Telemetry:OtlpEndpoint", Assert.Single(Read(out _, "A: b", ("Telemetry:OtlpEndpoint", "http://otlp.example:4318"), ("Telemetry:OtlpHeadersFile", HeadersFile))).Key);
        Assert.Equal("Telemetry:OtlpEndpoint", Assert.Single(Read(out _, "A: b", ("Telemetry:OtlpHeadersFile", HeadersFile))).Key);
        Assert.Empty(Read(out _, "A: b", ("Telemetry:OtlpEndpoint", "http://127.0.0.1:4318"), ("Telemetry:OtlpHeadersFile", HeadersFile)));
    }

    private static IReadOnlyList<ConfigurationError> Read(out NodeOptions options, string secret = "", params (string Key, string Value)[] settings) =>
        NodeConfiguration.Read(settings.ToDictionary(s => s.Key, s => new Setting(s.Value, "test"), StringComparer.OrdinalIgnoreCase), _ => new(secret), out options);
}
