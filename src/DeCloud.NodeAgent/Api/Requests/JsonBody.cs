using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Api.Requests;

/// <summary>A body that was read.</summary>
/// <param name="Value">What it says; with errors, what can be said of it, so that the rest can be judged too. Null when <paramref name="Problem"/> is set or there was no body.</param>
/// <param name="Errors">Fields that are unknown, missing or of the wrong type.</param>
/// <param name="Problem">Why nothing can be said of it at all.</param>
/// <typeparam name="T">What the body should be.</typeparam>
internal readonly record struct JsonBody<T>(T? Value, FieldErrors Errors, Problem? Problem)
    where T : class;

/// <summary>
/// Reads bodies. The serializer stops at the first thing that is wrong and names .NET types; callers are told everything that is wrong at once, by the names they sent.
/// </summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };

    /// <summary>Reads the body of a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="type">What the body should be.</param>
    /// <param name="isOptional">Whether there may be no body.</param>
    /// <param name="secret">Fields whose values are never repeated.</param>
    public static async Task<JsonBody<T>> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type, bool isOptional = false, params string[] secret)
        where T : class
    {
        var (bytes, problem) = await ReadBytesAsync(http, isOptional);
        return problem is not null || bytes is null ? new(null, new(), problem) : Parse(bytes, type, secret);
    }

    /// <summary>Reads a body from its bytes.</summary>
    public static JsonBody<T> Parse<T>(ReadOnlyMemory<byte> bytes, JsonTypeInfo<T> type, params string[] secret)
        where T : class
    {
        var errors = new FieldErrors();
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return new(null, errors, Problem.Of(ApiCodes.MalformedJson, "The body is JSON, but not an object."));
            }

            var sound = Sort(document.RootElement, type, errors, secret);
            return new(sound.Deserialize(type), errors, null);
        }
        catch (JsonException e)
        {
            return new(null, errors, Problem.Of(ApiCodes.MalformedJson, $"The body could not be read{Where(e)}: {Plain(e.Message)}"));
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for text that is no Unicode.
            return new(null, errors, Problem.Of(ApiCodes.MalformedJson, "The body holds text that is not valid UTF-8 or half of a surrogate pair."));
        }
    }

    /// <summary>Keeps the fields that can be read, puts empty values where they are missing, and notes what is wrong.</summary>
    private static JsonObject Sort<T>(JsonElement body, JsonTypeInfo<T> type, FieldErrors errors, string[] secret)
    {
        var sound = new JsonObject();
        foreach (var field in body.EnumerateObject())
        {
            var property = type.Properties.FirstOrDefault(p => p.Name == field.Name);
            var shown = property is null || secret.Contains(field.Name) ? null : field.Value.GetRawText();
            if (property is null)
            {
                var near = type.Properties.FirstOrDefault(p => p.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase));
                errors.Add(field.Name, null, near is null ? $"is not a field of this request. It has: {string.Join(", ", type.Properties.Select(p => p.Name))}." : $"is written {near.Name}.");
            }
            else if (IsOfType(field.Value, property, type.Options))
            {
                sound[field.Name] = JsonNode.Parse(field.Value.GetRawText());
            }
            else
            {
                errors.Add(field.Name, shown, $"must be {Describe(property.PropertyType)}.");
            }
        }

        foreach (var property in type.Properties.Where(p => p.IsRequired && !sound.ContainsKey(p.Name)))
        {
            if (!errors.Has(property.Name))
            {
                errors.Add(property.Name, null, $"is missing; it must be {Describe(property.PropertyType)}.");
            }

            sound[property.Name] = property.PropertyType == typeof(string) ? JsonValue.Create("") : property.PropertyType == typeof(IReadOnlyList<string>) ? new JsonArray() : JsonValue.Create(0);
        }

        // The generated reader sets init-only properties that are absent to null, whatever their initialisers say.
        foreach (var property in type.Properties.Where(p => p.PropertyType == typeof(string) && !p.IsSetNullable && !sound.ContainsKey(p.Name)))
        {
            sound[property.Name] = "";
        }

        return sound;
    }

    private static bool IsOfType(JsonElement value, JsonPropertyInfo property, JsonSerializerOptions options)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return property.IsSetNullable && (!property.PropertyType.IsValueType || Nullable.GetUnderlyingType(property.PropertyType) is not null);
        }

        try
        {
            var read = value.Deserialize(options.GetTypeInfo(property.PropertyType));

            // The serializer takes null for the values of a dictionary or a list whatever its type says.
            return (read is not IReadOnlyDictionary<string, string> texts || texts.Values.All(t => t is not null)) && (read is not IReadOnlyList<string> list || list.All(t => t is not null));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) ? "a text"
            : type == typeof(bool) ? "true or false"
            : type == typeof(Guid) ? "a UUID as a text"
            : type == typeof(int) || type == typeof(long) ? "a whole number, without quotes"
            : type == typeof(IReadOnlyList<string>) ? "an array of texts"
            : "an object whose values are texts";
    }

    private static async Task<(byte[]? Bytes, Problem? Problem)> ReadBytesAsync(HttpContext http, bool isOptional)
    {
        var request = http.Request;
        var bytes = await ReadAllAsync(request.BodyReader, http.RequestAborted);
        if (bytes.Length == 0)
        {
            return (null, isOptional ? null : Problem.Of(ApiCodes.MalformedJson, "There is no body; send a JSON object."));
        }

        // Forms and plain text are what a page of another site can send without asking: they are refused even where the content would be JSON.
        var isJson = MediaTypeHeaderValue.TryParse(request.ContentType, out var media)
            && string.Equals(media.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
            && (media.CharSet is null || media.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
        return isJson && request.Headers.ContentEncoding.Count == 0 ? (bytes, null) : (null, Problem.Of(ApiCodes.UnsupportedMediaType));
    }

    private static async Task<byte[]> ReadAllAsync(PipeReader reader, CancellationToken cancellation)
    {
        while (true)
        {
            // The server ends this with 413 at its limit, and with 408 when the body comes too slowly.
            var read = await reader.ReadAsync(cancellation);
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static string Where(JsonException e) => e.LineNumber is { } line ? $" at line {line + 1}, byte {e.BytePositionInLine + 1}" : "";

    private static string Plain(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
