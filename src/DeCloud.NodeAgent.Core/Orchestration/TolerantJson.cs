using System.Globalization;
using System.Text.Json;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>
/// Reads what an orchestrator wrote: keys in any casing, enumerations by name or number, numbers and flags as texts too. What is missing, null or of another type is
/// absent, and nothing follows from what is absent.
/// </summary>
internal static class TolerantJson
{
    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Find(this JsonElement json, string name)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var member in json.EnumerateObject())
        {
            if (member.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && member.Value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined))
            {
                return member.Value;
            }
        }

        return null;
    }

    /// <summary>A text; null when it is absent or empty.</summary>
    public static string? Text(this JsonElement json, string name) =>
        json.Find(name) is { ValueKind: JsonValueKind.String } text && text.GetString() is { Length: > 0 } value ? value : null;

    /// <summary>A whole number.</summary>
    public static long? Whole(this JsonElement json, string name) => json.Find(name) switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out var value) => value,
        { ValueKind: JsonValueKind.String } text when long.TryParse(text.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };

    /// <summary>A flag.</summary>
    public static bool? Flag(this JsonElement json, string name) => json.Find(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when bool.TryParse(text.GetString(), out var value) => value,
        _ => null,
    };

    /// <summary>A member of an enumeration, by its name in any casing or by its number.</summary>
    public static T? Choice<T>(this JsonElement json, string name)
        where T : struct, Enum
    {
        if (json.Whole(name) is { } number)
        {
            return number is >= int.MinValue and <= int.MaxValue && Enum.IsDefined(typeof(T), (int)number) ? (T)Enum.ToObject(typeof(T), (int)number) : null;
        }

        return json.Text(name) is { } text && Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) ? value : null;
    }

    /// <summary>A point in time; without an offset it is taken for UTC.</summary>
    public static DateTimeOffset? Time(this JsonElement json, string name) =>
        json.Text(name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var value) ? value : null;

    /// <summary>A time span as .NET writes it, <c>d.hh:mm:ss.fffffff</c>.</summary>
    public static TimeSpan? Span(this JsonElement json, string name) =>
        json.Text(name) is { } text && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>The items of a list; null when there is no list.</summary>
    public static IReadOnlyList<JsonElement>? Items(this JsonElement json, string name) =>
        json.Find(name) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : null;

    /// <summary>Whether a list or an object is there and holds something.</summary>
    public static bool HasAny(this JsonElement json, string name) => json.Find(name) switch
    {
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength() > 0,
        { ValueKind: JsonValueKind.Object } map => map.EnumerateObject().Any(),
        _ => false,
    };
}
