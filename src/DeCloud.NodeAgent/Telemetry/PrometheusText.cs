using System.Buffers;
using System.Globalization;
using System.Text;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>Writes the text format of Prometheus, version 0.0.4. Whatever stands in a label or a help text is escaped: tenants name their VMs.</summary>
internal sealed class PrometheusText
{
    /// <summary>The media type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private const int LongestValue = 256;
    private readonly ArrayBufferWriter<byte> _body = new(64 * 1024);

    /// <summary>What was written.</summary>
    public byte[] ToArray() => _body.WrittenSpan.ToArray();

    /// <summary>The labels of a series between braces, or nothing when there are none.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder("{");
        foreach (var (name, value) in tags[..Math.Min(tags.Length, LabelValues.Most)])
        {
            if (text.Length > 1)
            {
                text.Append(',');
            }

            text.Append(PrometheusNames.Of(name, null, isCounter: false)).Append("=\"");
            Escape(text, value?.ToString() ?? "", isLabel: true);
            text.Append('"');
        }

        return text.Append('}').ToString();
    }

    /// <summary>Begins a family.</summary>
    public void Head(string name, string help, MetricKind kind)
    {
        var text = new StringBuilder("# HELP ").Append(name).Append(' ');
        Escape(text, help, isLabel: false);
        text.Append("\n# TYPE ").Append(name).Append(kind switch { MetricKind.Counter => " counter\n", MetricKind.Gauge => " gauge\n", _ => " histogram\n" });
        Write(text.ToString());
    }

    /// <summary>Writes one sample.</summary>
    public void Sample(string name, string labels, double value)
    {
        Write(name);
        Write(labels);
        Write(" ");
        Write(value);
        Write("\n");
    }

    /// <summary>Writes a histogram.</summary>
    /// <param name="name">The family.</param>
    /// <param name="labels">The series.</param>
    /// <param name="bounds">The upper bounds of the buckets but the last.</param>
    /// <param name="counts">How many values fell into each bucket.</param>
    /// <param name="sum">The sum of all values.</param>
    public void Histogram(string name, string labels, double[] bounds, long[] counts, double sum)
    {
        var open = labels.Length == 0 ? "{" : labels[..^1] + ",";
        long all = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            all += counts[i];
            Write(name);
            Write("_bucket");
            Write(open);
            Write("le=\"");
            Write(i < bounds.Length ? bounds[i] : double.PositiveInfinity);
            Write("\"} ");
            Write(all);
            Write("\n");
        }

        Sample(name + "_sum", labels, sum);
        Sample(name + "_count", labels, all);
    }

    private static void Escape(StringBuilder text, string value, bool isLabel)
    {
        foreach (var c in value.Length <= LongestValue ? value : value[..LongestValue])
        {
            _ = c switch
            {
                '\\' => text.Append(@"\\"),
                '\n' => text.Append(@"\n"),
                '"' when isLabel => text.Append("\\\""),
                _ when char.IsControl(c) || char.IsSurrogate(c) => text.Append('\uFFFD'),
                _ => text.Append(c),
            };
        }
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, _body);

    private void Write(double value)
    {
        if (double.IsFinite(value))
        {
            var room = _body.GetSpan(32);
            value.TryFormat(room, out var written, "R", CultureInfo.InvariantCulture);
            _body.Advance(written);
        }
        else
        {
            Write(double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
        }
    }
}
