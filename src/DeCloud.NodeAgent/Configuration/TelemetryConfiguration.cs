namespace DeCloud.NodeAgent.Configuration;

/// <summary>Reads the section <c>Telemetry</c>.</summary>
internal static class TelemetryConfiguration
{
    private const int MostHeaders = 16;

    /// <summary>What was configured; null when nothing is sent anywhere.</summary>
    public static TelemetrySection? Read(SettingsReader reader, Func<string, Parsed<string>> readSecret)
    {
        var endpoint = reader.Read("Telemetry:OtlpEndpoint", null, "none, and nothing is sent", "Where traces and metrics are sent to by OTLP (HTTP with protobuf): the collector's base URL, such as http://127.0.0.1:4318.", SettingFormats.WebUrl);
        var headers = reader.Read<string?>(
            "Telemetry:OtlpHeadersFile",
            null,
            "none",
            "The file of headers that are sent along, one 'name: value' a line, for example 'Authorization: Bearer …'.",
            path => SettingFormats.AbsolutePath(path) is { Reason: { } reason } wrong ? Parsed<string?>.Wrong(reason, wrong.Remedy)
                : readSecret(path) is { Reason: { } unreadable } file ? Parsed<string?>.Wrong(unreadable, file.Remedy)
                : Headers(readSecret(path).Value));
        var interval = reader.Read("Telemetry:MetricsInterval", TimeSpan.FromSeconds(30), "00:00:30", "Time between two sendings of metrics by OTLP.", SettingFormats.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)));
        var ratio = reader.Read("Telemetry:TraceRatio", 1.0, "1", "The part of the traces that are sent, from 0 to 1; one that a caller follows is sent whole.", SettingFormats.Number(0, 1));
        return endpoint is null ? null : new(endpoint, headers, interval, ratio);
    }

    /// <summary>Checks what can only be judged together.</summary>
    public static void CheckTogether(SettingsReader reader, NodeOptions options)
    {
        if (options.Telemetry is { Headers: not null, Endpoint: { Scheme: "http", IsLoopback: false } })
        {
            reader.Add("Telemetry:OtlpEndpoint", "would send the headers of Telemetry:OtlpHeadersFile over an unencrypted connection.", "Use https://, or a collector on this machine.");
        }

        if (options.Telemetry is null && reader.IsSet("Telemetry:OtlpHeadersFile") && !reader.Errors.Any(e => e.Key.StartsWith("Telemetry:", StringComparison.OrdinalIgnoreCase)))
        {
            reader.Add("Telemetry:OtlpEndpoint", "is missing, and Telemetry:OtlpHeadersFile is set.", "Give the collector's URL, or leave the headers out.");
        }
    }

    /// <summary>Headers in the form that the exporter takes: <c>name=value</c> with commas between. It unescapes the whole before it looks for the commas, so that no value may hold one.</summary>
    private static Parsed<string?> Headers(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var pairs = lines.Select(line => line.Split(':', 2, StringSplitOptions.TrimEntries)).ToList();
        return pairs.Count is >= 1 and <= MostHeaders && pairs.All(p => p is [{ Length: > 0 } name, { Length: > 0 } value] && name.All(IsToken) && value.All(c => c is >= ' ' and < '\x7f' and not ','))
            ? new(string.Join(',', pairs.Select(p => $"{p[0]}={Uri.EscapeDataString(p[1])}")))
            : Parsed<string?>.Wrong("holds something else than headers.", $"Put 1 to {MostHeaders} lines there, each 'name: value' in printable ASCII without commas.");
    }

    private static bool IsToken(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
