using System.Diagnostics.Metrics;
using System.Text;
using DeCloud.NodeAgent.Telemetry;

namespace DeCloud.NodeAgent.Tests.Telemetry;

public sealed class MetricStoreTests : IDisposable
{
    private readonly object _scope = new();
    private readonly MetricStore _store;
    private readonly Meter _meter;

    public MetricStoreTests()
    {
        _store = new(_scope);
        _meter = new(new MeterOptions("DeCloud.NodeAgent") { Scope = _scope });
    }

    public void Dispose()
    {
        _meter.Dispose();
        _store.Dispose();
    }

    [Fact]
    public void A_counter_adds_up_by_its_labels()
    {
        var counter = _meter.CreateCounter<long>("test.things", "{thing}", "Things.");
        counter.Add(2, new KeyValuePair<string, object?>("kind", "a"));
        counter.Add(3, new KeyValuePair<string, object?>("kind", "a"));
        counter.Add(1, new KeyValuePair<string, object?>("kind", "b"));

        Assert.Equal(
            ["# HELP test_things_total Things.", "# TYPE test_things_total counter", "test_things_total{kind=\"a\"} 5", "test_things_total{kind=\"b\"} 1"],
            Lines("test_things"));
    }

    [Fact]
    public void A_histogram_counts_into_its_own_buckets_bounds_among_them()
    {
        var duration = _meter.CreateHistogram<double>("test.duration", "s", "Time.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        foreach (var value in new[] { 0.05, 0.1, 0.5, 3 })
        {
            duration.Record(value);
        }

        Assert.Equal(
            [
                "# HELP test_duration_seconds Time.",
                "# TYPE test_duration_seconds histogram",
                "test_duration_seconds_bucket{le=\"0.1\"} 2",
                "test_duration_seconds_bucket{le=\"1\"} 3",
                "test_duration_seconds_bucket{le=\"+Inf\"} 4",
                "test_duration_seconds_sum 3.65",
                "test_duration_seconds_count 4",
            ],
            Lines("test_duration"));
    }

    [Fact]
    public void What_is_not_told_any_more_is_gone()
    {
        string[] there = ["a", "b"];
        _meter.CreateObservableGauge("test.there", () => there.Select(name => new Measurement<long>(1, new KeyValuePair<string, object?>("name", name))), null, "There.");
        Assert.Equal(["test_there{name=\"a\"} 1", "test_there{name=\"b\"} 1"], Lines("test_there{"));

        there = ["b"];
        Assert.Equal(["test_there{name=\"b\"} 1"], Lines("test_there{"));

        there = [];
        Assert.Empty(Lines("test_there"));
    }

    [Fact]
    public void Whatever_a_tenant_calls_his_VM_stays_inside_its_label()
    {
        var gauge = _meter.CreateGauge<long>("test.named", null, "Named.");
        gauge.Record(1, new KeyValuePair<string, object?>("name", "a\"} 1\nevil_total{x=\"\\\r\u0007"));

        Assert.Equal(["test_named{name=\"a\\\"} 1\\nevil_total{x=\\\"\\\\\uFFFD\uFFFD\"} 1"], Lines("test_named{"));
        Assert.DoesNotContain(Text().Split('\n'), line => line.StartsWith("evil", StringComparison.Ordinal));
    }

    [Fact]
    public void Series_are_bounded_and_what_is_left_out_is_counted()
    {
        var counter = _meter.CreateCounter<long>("test.many", "{thing}", "Many.");
        for (var i = 0; i < MetricFamily.MostSeries + 7; i++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("n", i));
        }

        Assert.Equal(MetricFamily.MostSeries, Lines("test_many_total{").Count);
        Assert.Contains("decloud_metrics_dropped_total 7", Lines("decloud_metrics_dropped_total"));
    }

    [Fact]
    public void Meters_of_others_are_passed_over()
    {
        using var other = new Meter(new MeterOptions("DeCloud.NodeAgent") { Scope = new object() });
        other.CreateCounter<long>("test.other").Add(1);
        using var foreign = new Meter("Foreign");
        foreign.CreateCounter<long>("test.other").Add(1);

        Assert.Empty(Lines("test_other"));
    }

    [Fact]
    public void A_gauge_that_throws_takes_nothing_from_the_others()
    {
        _meter.CreateObservableGauge("test.broken", Broken);
        _meter.CreateObservableGauge("test.whole", () => 1L);

        Assert.Contains("test_whole 1", Lines("test_whole"));
        Assert.Empty(Lines("test_broken"));
        Assert.Contains("decloud_metrics_failures_total 3", Lines("decloud_metrics_failures_total"));
    }

    private static Measurement<long> Broken() => throw new InvalidOperationException("broken");

    private string Text() => Encoding.UTF8.GetString(_store.Write());

    private IReadOnlyList<string> Lines(string part) =>
        [.. Text().Split('\n').Where(line => line.StartsWith(part, StringComparison.Ordinal) || line.StartsWith($"# HELP {part}", StringComparison.Ordinal) || line.StartsWith($"# TYPE {part}", StringComparison.Ordinal))];
}
