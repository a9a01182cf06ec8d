using System.Diagnostics.Metrics;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>One instrument's series, by the values of its labels, and how many there may be. Safe to use from any thread.</summary>
internal sealed class MetricFamily
{
    /// <summary>Series of one instrument; a measurement that would make one more is counted as dropped.</summary>
    public const int MostSeries = 5000;

    private readonly Lock _gate = new();
    private readonly Dictionary<LabelValues, Series> _series = [];
    private readonly double[] _bounds;
    private long _scrape;
    private long _dropped;

    /// <summary>Makes the family of an instrument.</summary>
    public MetricFamily(Instrument instrument)
    {
        Kind = KindOf(instrument);
        IsObserved = instrument.IsObservable;
        Name = PrometheusNames.Of(instrument.Name, instrument.Unit, Kind == MetricKind.Counter);
        Help = instrument.Description ?? "";
        _bounds = Kind == MetricKind.Histogram ? [.. (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries ?? []] : [];
    }

    /// <summary>What is counted or measured.</summary>
    public MetricKind Kind { get; }

    /// <summary>The name as it is shown.</summary>
    public string Name { get; }

    /// <summary>What it means.</summary>
    public string Help { get; }

    /// <summary>Whether values are asked for when they are wanted, so that what is not told any more is gone.</summary>
    public bool IsObserved { get; }

    /// <summary>Measurements that were not taken because there are too many series already.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Takes a measurement.</summary>
    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = LabelValues.Of(tags);
        lock (_gate)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                if (_series.Count >= MostSeries)
                {
                    Interlocked.Increment(ref _dropped);
                    return;
                }

                series = new(PrometheusText.Labels(tags), Kind == MetricKind.Histogram ? _bounds.Length + 1 : 0);
                _series[labels] = series;
            }

            series.SeenAt = _scrape;
            series.Add(Kind, IsObserved, value, _bounds);
        }
    }

    /// <summary>Begins a round of asking.</summary>
    public void BeginScrape()
    {
        lock (_gate)
        {
            _scrape++;
        }
    }

    /// <summary>Forgets what was not told in this round.</summary>
    public void EndScrape()
    {
        lock (_gate)
        {
            foreach (var (labels, series) in _series)
            {
                if (series.SeenAt != _scrape)
                {
                    _series.Remove(labels);
                }
            }
        }
    }

    /// <summary>Writes every series, ordered by labels.</summary>
    public void WriteTo(PrometheusText text)
    {
        lock (_gate)
        {
            if (_series.Count == 0)
            {
                return;
            }

            text.Head(Name, Help, Kind);
            foreach (var series in _series.Values.OrderBy(s => s.Labels, StringComparer.Ordinal))
            {
                if (Kind == MetricKind.Histogram)
                {
                    text.Histogram(Name, series.Labels, _bounds, series.Counts, series.Value);
                }
                else
                {
                    text.Sample(Name, series.Labels, series.Value);
                }
            }
        }
    }

    private static MetricKind KindOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        return type == typeof(Histogram<>) ? MetricKind.Histogram
            : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? MetricKind.Counter
            : MetricKind.Gauge;
    }

    private sealed class Series(string labels, int buckets)
    {
        public string Labels { get; } = labels;

        public long[] Counts { get; } = new long[buckets];

        /// <summary>The value; of a histogram the sum.</summary>
        public double Value { get; private set; }

        public long SeenAt { get; set; }

        public void Add(MetricKind kind, bool isObserved, double value, double[] bounds)
        {
            if (kind == MetricKind.Histogram)
            {
                // A bound belongs to its bucket ("le"); BinarySearch tells the place of what is not there by its complement.
                var place = Array.BinarySearch(bounds, value);
                Counts[place < 0 ? ~place : place]++;
            }

            Value = kind == MetricKind.Gauge || isObserved ? value : Value + value;
        }
    }
}

/// <summary>How a value is to be understood.</summary>
internal enum MetricKind
{
    /// <summary>It only grows, but for a start from zero.</summary>
    Counter,

    /// <summary>It goes up and down.</summary>
    Gauge,

    /// <summary>How many values fell into which range.</summary>
    Histogram,
}

/// <summary>The values of up to four labels of one instrument, which gives them always in the same order; a key that costs no allocation.</summary>
internal readonly record struct LabelValues(string? First, string? Second, string? Third, string? Fourth)
{
    /// <summary>How many labels an instrument may have.</summary>
    public const int Most = 4;

    /// <summary>The values of tags; those after the fourth are left out.</summary>
    public static LabelValues Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(At(tags, 0), At(tags, 1), At(tags, 2), At(tags, 3));

    private static string? At(ReadOnlySpan<KeyValuePair<string, object?>> tags, int place) =>
        place >= tags.Length ? null : tags[place].Value as string ?? tags[place].Value?.ToString() ?? "";
}
