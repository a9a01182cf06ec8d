using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace DeCloud.Orchestrator;

/// <summary>What is said on standard output: one happening one line, for people or as JSON. Safe for several threads.</summary>
internal sealed class Output(bool isJson, TextWriter writer)
{
    private readonly Lock _gate = new();

    public void Say(string what, params ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var line = isJson ? Json(what, facts) : Text(what, facts);
        lock (_gate)
        {
            writer.WriteLine(line);
            writer.Flush();
        }
    }

    private static string Text(string what, ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var line = new StringBuilder(what);
        foreach (var (name, value) in facts)
        {
            if (value is not null)
            {
                line.Append(CultureInfo.InvariantCulture, $" {name}={Printable(value)}");
            }
        }

        return line.ToString();
    }

    /// <summary>Nodes are not trusted to write to this terminal.</summary>
    private static string Printable(object value)
    {
        var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        var clean = string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
        return clean.Contains(' ', StringComparison.Ordinal) ? $"\"{clean}\"" : clean;
    }

    private static string Json(string what, ReadOnlySpan<(string Name, object? Value)> facts)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("what", what);
            foreach (var (name, value) in facts)
            {
                switch (value)
                {
                    case null:
                        break;
                    case bool flag:
                        json.WriteBoolean(name, flag);
                        break;
                    case int or long:
                        json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                        break;
                    default:
                        json.WriteString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
                        break;
                }
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
