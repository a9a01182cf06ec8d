using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Actors.Warnings;

/// <summary>Warnings as they are shown.</summary>
internal static class WarningViews
{
    private const string NoRemedy = "The log has more.";

    /// <summary>All of them: those that are first, the worst and latest of them first.</summary>
    /// <param name="state">What is stored.</param>
    /// <param name="watch">What was seen since.</param>
    public static IReadOnlyList<WarningResource> All(WarningState state, WarningWatch watch) =>
    [
        .. state.Warnings.Values
            .OrderByDescending(w => w.IsActive).ThenByDescending(w => w.IsActive ? w.Severity : default).ThenByDescending(w => w.EndedAt ?? w.LastSeen).ThenBy(w => w.Id, StringComparer.Ordinal)
            .Select(w => View(w, watch.LastSeen(w.Id))),
    ];

    /// <summary>One, with what was seen last.</summary>
    public static WarningResource View(Warning warning, (DateTimeOffset At, Finding Finding)? seen) => new()
    {
        Id = warning.Id,
        Kind = warning.Kind,
        Severity = Word(warning.Severity),
        Subject = warning.Subject,
        Title = seen?.Finding.Title ?? warning.Title,
        Detail = seen?.Finding.Detail ?? warning.Detail,
        Remedy = WarningKinds.Find(warning.Kind)?.Remedy ?? NoRemedy,
        FirstSeen = warning.FirstSeen,
        LastSeen = seen?.At ?? warning.LastSeen,
        Count = warning.Count,
        Acknowledged = warning.Acknowledged is { } a ? new(a.At, a.By, a.Note) : null,
        Active = warning.IsActive,
    };

    /// <summary>The word for a severity.</summary>
    public static string Word(WarningSeverity severity) => severity switch { WarningSeverity.Critical => "critical", WarningSeverity.Warning => "warning", _ => "info" };
}
