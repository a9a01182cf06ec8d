namespace DeCloud.NodeAgent.Configuration;

/// <summary>A configured value.</summary>
/// <param name="Value">As it was written.</param>
/// <param name="Origin">Where it was written: a file's name, <c>environment</c> or <c>command line</c>.</param>
internal sealed record Setting(string Value, string Origin);

/// <summary>A key the agent knows.</summary>
/// <param name="Key">The key, <c>Section:Name</c>.</param>
/// <param name="Default">What holds when nothing is configured, for people.</param>
/// <param name="Meaning">What it is for.</param>
/// <param name="IsSecret">Whether the value must never be shown.</param>
internal sealed record KnownKey(string Key, string Default, string Meaning, bool IsSecret = false);

/// <summary>What is wrong with the configuration in one place.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value as it may be shown; null when there is none.</param>
/// <param name="Origin">Where the value was written; null when there is none.</param>
/// <param name="Reason">What is wrong.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record ConfigurationError(string Key, string? Value, string? Origin, string Reason, string Remedy)
{
    /// <summary>The error in one line.</summary>
    public override string ToString() =>
        $"{Key}{(Value is null ? "" : $" = \"{Printable(Value)}\"")}{(Origin is null ? "" : $" ({Origin})")}: {Reason} {Remedy}";

    private static string Printable(string text) =>
        string.Concat(text.Take(200).Select(c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
}
