using System.Diagnostics.Tracing;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>Says in the log that a collector takes nothing, at most once in a while: the exporter itself is silent.</summary>
internal sealed partial class OtlpTroubles : EventListener
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    private readonly ILogger? _log;
    private readonly TimeProvider? _time;
    private long _saidAt;

    /// <summary>Begins to listen.</summary>
    public OtlpTroubles(ILogger log, TimeProvider time)
    {
        (_log, _time) = (log, time);
        foreach (var source in EventSource.GetSources())
        {
            Hear(source);
        }
    }

    /// <inheritdoc/>
    protected override void OnEventSourceCreated(EventSource eventSource) => Hear(eventSource);

    /// <inheritdoc/>
    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class listens before this one's constructor has run.
        if (_log is null || _time is null)
        {
            return;
        }

        var now = _time.GetTimestamp();
        var said = Interlocked.Read(ref _saidAt);
        if ((said == 0 || _time.GetElapsedTime(said, now) >= Silence) && Interlocked.CompareExchange(ref _saidAt, now, said) == said)
        {
            LogTrouble(_log, eventData.Payload is { Count: > 0 } payload ? string.Join("; ", payload).Split('\n')[0] : eventData.EventName ?? "unknown");
        }
    }

    private void Hear(EventSource source)
    {
        if (source.Name.StartsWith("OpenTelemetry-Exporter", StringComparison.Ordinal))
        {
            EnableEvents(source, EventLevel.Error);
        }
    }

    [LoggerMessage(2, LogLevel.Warning, "The collector takes no traces or metrics; what is measured meanwhile is lost there, and /metrics still has it: {Reason}")]
    private static partial void LogTrouble(ILogger log, string reason);
}
