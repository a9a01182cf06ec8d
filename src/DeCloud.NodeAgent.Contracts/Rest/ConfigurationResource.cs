namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The settings that the agent runs with.</summary>
/// <param name="Settings">Every key the agent knows, and what is set of the log's, ordered by key.</param>
public sealed record ConfigurationResource(IReadOnlyList<SettingResource> Settings);

/// <summary>A setting.</summary>
public sealed record SettingResource
{
    /// <summary>The key, <c>Section:Name</c>.</summary>
    public required string Key { get; init; }

    /// <summary>What holds, as it was written; the default in words where nothing is set. A list has commas. Secrets are shown as <c>(hidden)</c>.</summary>
    public required string Value { get; init; }

    /// <summary>Where the value was written: a file's path, <c>environment</c>, <c>command line</c>, or <c>default</c>.</summary>
    public required string Origin { get; init; }

    /// <summary>Whether somebody set it, beside what comes with the program.</summary>
    public required bool IsChanged { get; init; }

    /// <summary>What holds when nothing is set, in words.</summary>
    public required string Default { get; init; }

    /// <summary>What it is for.</summary>
    public required string Meaning { get; init; }
}
