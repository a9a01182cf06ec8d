using System.Diagnostics;
using System.Diagnostics.Metrics;
using DeCloud.Libvirt.Protocol;

namespace DeCloud.Libvirt.Connection;

/// <summary>How long calls take and how they end, for whoever listens to the meter and the source of this name.</summary>
internal static class CallInstruments
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Name = "DeCloud.Libvirt";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "decloud.libvirt.call.duration",
        "s",
        "Time from asking libvirt until its answer, waiting for a turn included, by procedure and outcome.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] });

    /// <summary>Whether anybody listens.</summary>
    public static bool AreHeard => Duration.Enabled || Source.HasListeners();

    /// <summary>A span around a call; null when nobody follows.</summary>
    public static Activity? StartSpan(Procedure procedure) => Source.StartActivity($"libvirt {procedure}", ActivityKind.Client);

    /// <summary>Records a call that was answered.</summary>
    public static void Record(Procedure procedure, TimeSpan elapsed) => Record(procedure, elapsed, "ok");

    /// <summary>Records a call that was not.</summary>
    public static void Record(Procedure procedure, TimeSpan elapsed, Exception failure, Activity? span)
    {
        var outcome = failure switch
        {
            LibvirtException => "error",
            LibvirtTimeoutException => "timeout",
            LibvirtConnectionLostException => "lost",
            OperationCanceledException => "cancelled",
            _ => "invalid",
        };
        span?.SetStatus(ActivityStatusCode.Error, failure.Message);
        span?.SetTag("error.type", outcome);
        Record(procedure, elapsed, outcome);
    }

    private static void Record(Procedure procedure, TimeSpan elapsed, string outcome) =>
        Duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("procedure", procedure.ToString()), new("outcome", outcome));
}
