using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>The settings as they came together, for people: what holds, and who said so. Secrets are named and never shown.</summary>
internal static class EffectiveSettings
{
    private const string Hidden = "(hidden)", Defaulted = "default", LogSection = "Logging:";

    /// <summary>Makes the list.</summary>
    /// <param name="settings">What was configured, by key.</param>
    /// <param name="known">Every key the agent knows.</param>
    /// <param name="shipped">The settings' file that comes with the program: what it says is no change.</param>
    public static ConfigurationResource Of(IReadOnlyDictionary<string, Setting> settings, IEnumerable<KnownKey> known, string shipped) => new(
    [
        .. known.Select(key => Of(key, Written(settings, key.Key), shipped))
            .Concat(settings.Where(s => s.Key.StartsWith(LogSection, StringComparison.OrdinalIgnoreCase) && s.Value.Value.Length > 0)
                .Select(s => Of(new(s.Key, "none", "How the host logs."), s.Value, shipped)))
            .OrderBy(s => s.Key, StringComparer.OrdinalIgnoreCase),
    ]);

    private static SettingResource Of(KnownKey key, Setting? setting, string shipped) => new()
    {
        Key = key.Key,
        Value = setting is null ? key.Default : key.IsSecret ? Hidden : setting.Value,
        Origin = setting?.Origin ?? Defaulted,
        IsChanged = setting is not null && setting.Origin != shipped,
        Default = key.Default,
        Meaning = key.Meaning,
    };

    // A list is one text, or an entry for each of its items.
    private static Setting? Written(IReadOnlyDictionary<string, Setting> settings, string key)
    {
        if (settings.TryGetValue(key, out var whole) && whole.Value.Length > 0)
        {
            return whole;
        }

        var items = settings.Where(s => s.Key.StartsWith(key + ':', StringComparison.OrdinalIgnoreCase) && int.TryParse(s.Key.AsSpan(key.Length + 1), out _))
            .OrderBy(s => int.Parse(s.Key.AsSpan(key.Length + 1), provider: null)).Select(s => s.Value).ToList();
        return items.Count == 0 ? null : new(string.Join(", ", items.Select(i => i.Value)), items[^1].Origin);
    }
}
