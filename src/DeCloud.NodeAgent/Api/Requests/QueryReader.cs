using System.Globalization;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Api.Requests;

/// <summary>Reads query parameters and gathers what is wrong with them.</summary>
internal sealed class QueryReader(IQueryCollection query)
{
    /// <summary>What is wrong so far.</summary>
    public FieldErrors Errors { get; } = new();

    /// <summary>A parameter's text, or null.</summary>
    public string? Text(string name) => query.TryGetValue(name, out var values) ? values[0] : null;

    /// <summary>All texts of a parameter that may be repeated.</summary>
    public IEnumerable<string> Texts(string name) => query.TryGetValue(name, out var values) ? values.Select(v => v ?? "") : [];

    /// <summary>A whole number.</summary>
    public long Whole(string name, long fallback, long least, long most)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
        {
            return value;
        }

        Errors.Add(name, text, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {least} to {most}."));
        return fallback;
    }

    /// <summary>A flag.</summary>
    public bool Flag(string name)
    {
        switch (Text(name))
        {
            case null or "false":
                return false;
            case "true":
                return true;
            case var text:
                Errors.Add(name, text, "must be true or false.");
                return false;
        }
    }

    /// <summary>A time span.</summary>
    public TimeSpan Duration(string name, TimeSpan most)
    {
        if (Text(name) is not { } text)
        {
            return TimeSpan.Zero;
        }

        if (SettingFormats.TryDuration(text, out var value) && value >= TimeSpan.Zero && value <= most)
        {
            return value;
        }

        Errors.Add(name, text, $"must be a time span of at most {most:c}, such as 30s or 00:00:30.");
        return TimeSpan.Zero;
    }

    /// <summary>A point in time.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        // A plus sign that was not escaped arrives as a space.
        if (DateTimeOffset.TryParse(text.Replace(' ', '+'), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value) && text.Contains('T', StringComparison.Ordinal))
        {
            return value;
        }

        Errors.Add(name, text, "must be a time in ISO 8601, such as 2026-01-31T12:00:00Z.");
        return null;
    }

    /// <summary>A UUID.</summary>
    public Guid? Uuid(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (Guid.TryParseExact(text, "D", out var value))
        {
            return value;
        }

        Errors.Add(name, text, "must be a UUID.");
        return null;
    }
}
