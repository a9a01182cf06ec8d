using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Cli.Output;

/// <summary>Results as JSON for which the agent has no document of its own.</summary>
internal static class Outcome
{
    /// <summary>Something is gone.</summary>
    /// <param name="what">Its whole name.</param>
    public static string Removed(string what) => JsonSerializer.Serialize(new(what), OutcomeJson.Default.RemovedOutcome);

    /// <summary>Settings were checked.</summary>
    /// <param name="isValid">Whether the agent would start with them.</param>
    /// <param name="report">What was said of them.</param>
    public static string Checked(bool isValid, string report) =>
        JsonSerializer.Serialize(new(isValid, report.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)), OutcomeJson.Default.CheckedOutcome);
}

/// <summary>Something is gone.</summary>
/// <param name="Removed">Its whole name.</param>
internal sealed record RemovedOutcome(string Removed);

/// <summary>Settings were checked.</summary>
/// <param name="IsValid">Whether the agent would start with them.</param>
/// <param name="Report">What was said of them, a line each.</param>
internal sealed record CheckedOutcome(bool IsValid, IReadOnlyList<string> Report);

/// <summary>How they are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RemovedOutcome))]
[JsonSerializable(typeof(CheckedOutcome))]
internal sealed partial class OutcomeJson : JsonSerializerContext;
