using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace DeCloud.NodeAgent.Cli.Debug;

/// <summary>Takes out what must not leave the host: tenants' data and whatever is named like a secret. The agent shows no secret of its own; this is the second fence.</summary>
internal static partial class Redaction
{
    private const string Redacted = "(redacted)";

    private static readonly string[] SecretNames = ["userdata", "sshpublickey", "presharedkey", "privatekey", "password", "secret", "token", "apikey", "signature", "connectionstring", "ticket"];

    /// <summary>A JSON document without the values of fields that are named like secrets.</summary>
    /// <param name="json">The document; what is none is treated as text.</param>
    public static string Json(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            using var stream = new MemoryStream();
            using (var writer = new Utf8JsonWriter(stream, new() { Indented = true }))
            {
                Write(writer, document.RootElement);
            }

            return Encoding.UTF8.GetString(stream.ToArray());
        }
        catch (JsonException)
        {
            return Text(json);
        }
    }

    /// <summary>Lines without what follows a word for a secret.</summary>
    public static string Text(string text) => SecretInText().Replace(text, m => m.Groups[1].Value + Redacted);

    private static void Write(Utf8JsonWriter writer, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in element.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    if (IsSecret(property.Name) && property.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null))
                    {
                        writer.WriteStringValue(Redacted);
                    }
                    else
                    {
                        Write(writer, property.Value);
                    }
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                {
                    Write(writer, item);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                writer.WriteStringValue(Text(element.GetString()!));
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }

    private static bool IsSecret(string name) => SecretNames.Any(s => name.EndsWith(s, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"((?:bearer\s+|(?:token|password|secret|api[-_]?key|preshared[-_]?key|private[-_]?key)\s*[=:]\s*))[^\s""',;]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SecretInText();
}
