namespace DeCloud.NodeAgent.Configuration;

/// <summary>
/// Reads settings one by one and remembers which keys were asked for and what was wrong: whatever was never asked for is unknown. An empty value counts as none.
/// </summary>
internal sealed class SettingsReader(IReadOnlyDictionary<string, Setting> settings)
{
    /// <summary>Sections of the host that have a form of their own.</summary>
    private static readonly string[] HostSections = ["Logging"];

    private readonly List<ConfigurationError> _errors = [];
    private readonly List<KnownKey> _known = [];
    private readonly List<string> _lists = [];

    /// <summary>What was wrong so far, in the order of reading.</summary>
    public IReadOnlyList<ConfigurationError> Errors => _errors;

    /// <summary>The keys that were asked for so far.</summary>
    public IReadOnlyList<KnownKey> Known => _known;

    /// <summary>Reads one value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="fallback">What holds when nothing is configured.</param>
    /// <param name="shown">The fallback for people.</param>
    /// <param name="meaning">What the key is for.</param>
    /// <param name="parse">Reads the text.</param>
    /// <param name="isSecret">Whether the value must never be shown.</param>
    /// <returns>The value, or the fallback when nothing or something wrong is configured.</returns>
    public T Read<T>(string key, T fallback, string shown, string meaning, Func<string, Parsed<T>> parse, bool isSecret = false)
    {
        _known.Add(new(key, shown, meaning, isSecret));
        if (!settings.TryGetValue(key, out var setting) || setting.Value.Length == 0)
        {
            return fallback;
        }

        var parsed = parse(setting.Value);
        if (parsed.Reason is null)
        {
            return parsed.Value;
        }

        Add(key, parsed.Reason, parsed.Remedy, isSecret);
        return fallback;
    }

    /// <summary>Reads a list: an array in a file, or one text with commas, as flags and the environment have it.</summary>
    public IReadOnlyList<T> ReadMany<T>(string key, string meaning, Func<string, Parsed<T>> parse)
    {
        _known.Add(new(key, "none", meaning));
        _lists.Add(key);
        var items = settings.TryGetValue(key, out var whole) && whole.Value.Length > 0
            ? whole.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(text => (Key: key, Text: text))
            : settings.Where(s => IsItemOf(key, s.Key)).OrderBy(s => int.Parse(s.Key.AsSpan(key.Length + 1), provider: null)).Select(s => (s.Key, Text: s.Value.Value));

        var values = new List<T>();
        foreach (var (itemKey, text) in items)
        {
            var parsed = parse(text);
            if (parsed.Reason is null)
            {
                values.Add(parsed.Value);
            }
            else
            {
                Add(itemKey, parsed.Reason, parsed.Remedy);
            }
        }

        return values;
    }

    /// <summary>Whether something is configured for a key.</summary>
    public bool IsSet(string key) => settings.TryGetValue(key, out var setting) && setting.Value.Length > 0;

    /// <summary>Reports an error at a key.</summary>
    public void Add(string key, string reason, string remedy, bool isSecret = false)
    {
        var setting = settings.GetValueOrDefault(key);
        _errors.Add(new(key, setting is null ? null : isSecret ? "(not shown)" : setting.Value, setting?.Origin, reason, remedy));
    }

    /// <summary>Reports every key that is configured and was never asked for.</summary>
    public void RejectUnknown()
    {
        foreach (var (key, setting) in settings.OrderBy(s => s.Key, StringComparer.OrdinalIgnoreCase))
        {
            if (IsKnown(key, setting))
            {
                continue;
            }

            // The value isn't shown: a mistyped secret is a secret still.
            var hint = Nearest(key) is { } near ? $"Did you mean {near}?" : "Remove it; --help lists the known keys.";
            _errors.Add(new(key, null, setting.Origin, "is no key of this agent.", hint));
        }
    }

    private static bool IsItemOf(string key, string item) =>
        item.Length > key.Length + 1 && item.StartsWith(key + ':', StringComparison.OrdinalIgnoreCase)
        && item.Length - key.Length < 6 && item.AsSpan(key.Length + 1).IndexOfAnyExceptInRange('0', '9') < 0;

    private bool IsKnown(string key, Setting setting) =>
        HostSections.Any(s => key.Equals(s, StringComparison.OrdinalIgnoreCase) || key.StartsWith(s + ':', StringComparison.OrdinalIgnoreCase))
        || _lists.Any(list => IsItemOf(list, key))
        || _known.Any(k => k.Key.Equals(key, StringComparison.OrdinalIgnoreCase)
            || (setting.Value.Length == 0 && k.Key.StartsWith(key + ':', StringComparison.OrdinalIgnoreCase)));

    // A key whose section was forgotten, or one that is misspelled.
    private string? Nearest(string key)
    {
        var keys = _known.Select(k => k.Key).ToList();
        return keys.FirstOrDefault(k => k.EndsWith(':' + key, StringComparison.OrdinalIgnoreCase))
            ?? keys.Where(k => Distance(k, key) <= Math.Max(2, key.Length / 4)).MinBy(k => Distance(k, key));
    }

    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = char.ToUpperInvariant(left[i - 1]) == char.ToUpperInvariant(right[j - 1]) ? diagonal : diagonal + 1;
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
