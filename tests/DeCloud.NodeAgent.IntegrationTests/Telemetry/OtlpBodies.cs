using System.Text;

namespace DeCloud.NodeAgent.IntegrationTests.Telemetry;

/// <summary>A span as it came over the wire.</summary>
public sealed record OtlpSpan(string TraceId, string SpanId, string ParentId, string Name, string Source);

/// <summary>Reads what is asked for from the messages of OTLP (opentelemetry/proto), by their field numbers.</summary>
internal static class OtlpBodies
{
    private const int ResourceParts = 1, ScopeParts = 2, Scope = 1, ScopeName = 1, Items = 2;

    /// <summary>The spans of an ExportTraceServiceRequest.</summary>
    public static List<OtlpSpan> Spans(byte[] body) =>
        [.. from resource in Fields(body, ResourceParts)
            from scope in Fields(resource, ScopeParts)
            let source = Text(Fields(scope, Scope).SelectMany(s => Fields(s, ScopeName)).FirstOrDefault())
            from span in Fields(scope, Items)
            select new OtlpSpan(Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(Fields(span, 5).First()), source)];

    /// <summary>The names of the metrics of an ExportMetricsServiceRequest.</summary>
    public static List<string> MetricNames(byte[] body) =>
        [.. from resource in Fields(body, ResourceParts)
            from scope in Fields(resource, ScopeParts)
            from metric in Fields(scope, Items)
            select Text(Fields(metric, 1).First())];

    private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault() ?? []);

    private static string Text(byte[]? bytes) => Encoding.UTF8.GetString(bytes ?? []);

    /// <summary>The length-delimited fields of a message that have this number.</summary>
    private static List<byte[]> Fields(byte[] message, int wanted)
    {
        var found = new List<byte[]>();
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    Varint(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 5:
                    at += 4;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    if ((int)(tag >> 3) == wanted)
                    {
                        found.Add(message[at..(at + length)]);
                    }

                    at += length;
                    break;
                default:
                    throw new InvalidDataException($"A field has the wire type {tag & 7}.");
            }
        }

        return found;
    }

    private static ulong Varint(byte[] message, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var part = message[at++];
            value |= (ulong)(part & 0x7f) << shift;
            if (part < 0x80)
            {
                return value;
            }
        }
    }
}
