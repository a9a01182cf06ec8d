using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using DeCloud.NodeAgent.Actors.Telemetry;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>
/// Keeps what the meters of this agent and its libvirt client measure. Meters that belong to another node of this process are passed over: a meter's scope tells whose it is.
/// </summary>
internal sealed class MetricStore : IDisposable
{
    /// <summary>The meters that are listened to.</summary>
    public static readonly IReadOnlyList<string> MeterNames = [NodeInstruments.MeterName, "DeCloud.Libvirt"];

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = [];
    private readonly Lock _scraping = new();
    private long _failures;

    /// <summary>Begins to listen.</summary>
    /// <param name="scope">The node whose own meters are listened to, besides those that belong to nobody.</param>
    public MetricStore(object scope)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (MeterNames.Contains(instrument.Meter.Name) && (instrument.Meter.Scope is null || ReferenceEquals(instrument.Meter.Scope, scope)))
            {
                var family = new MetricFamily(instrument);
                _families[instrument] = family;
                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.MeasurementsCompleted = (instrument, _) => _families.TryRemove(instrument, out var _);
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, family) => ((MetricFamily)family!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything that is known now, in the text format of Prometheus, ordered by name.</summary>
    public byte[] Write()
    {
        lock (_scraping)
        {
            var observed = _families.Values.Where(f => f.IsObserved).ToList();
            observed.ForEach(f => f.BeginScrape());
            Ask();
            observed.ForEach(f => f.EndScrape());

            var text = new PrometheusText();
            var families = _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal).ToList();
            families.ForEach(f => f.WriteTo(text));
            text.Head("decloud_metrics_dropped_total", "Measurements that were not taken because their metric has too many series already.", MetricKind.Counter);
            text.Sample("decloud_metrics_dropped_total", "", families.Sum(f => f.Dropped));
            text.Head("decloud_metrics_failures_total", "Metrics that could not be read when they were asked for, and were left out.", MetricKind.Counter);
            text.Sample("decloud_metrics_failures_total", "", _failures);
            return text.ToArray();
        }
    }

    // Every instrument is asked even so; one that fails has no series this time.
    private void Ask()
    {
        try
        {
            _listener.RecordObservableInstruments();
        }
        catch (AggregateException e)
        {
            _failures += e.InnerExceptions.Count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();
}
