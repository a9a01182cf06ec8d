using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Warnings;

/// <summary>A fact about a warning, stored for ever.</summary>
public interface IWarningEvent
{
    /// <summary>Which warning.</summary>
    string Id { get; }

    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen to a warning.</summary>
public static class WarningEvents
{
    /// <summary>It appeared, or, while it is there, became worse.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="Kind">Its kind's word.</param>
    /// <param name="Severity">How much it matters.</param>
    /// <param name="Subject">Of what.</param>
    /// <param name="Title">It in a few words.</param>
    /// <param name="Detail">What was found.</param>
    /// <param name="At">When.</param>
    public sealed record Raised(string Id, string Kind, WarningSeverity Severity, string Subject, string Title, string Detail, DateTimeOffset At) : IWarningEvent;

    /// <summary>It is no longer so.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="LastSeen">When it was so for the last time.</param>
    /// <param name="At">When.</param>
    public sealed record Ended(string Id, DateTimeOffset LastSeen, DateTimeOffset At) : IWarningEvent;

    /// <summary>Somebody has seen it and does not want to be reminded.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="By">Who.</param>
    /// <param name="Note">What he said; null for nothing.</param>
    /// <param name="At">When.</param>
    public sealed record Acknowledged(string Id, string By, string? Note, DateTimeOffset At) : IWarningEvent;

    /// <summary>The acknowledgement was taken back.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="By">Who.</param>
    /// <param name="At">When.</param>
    public sealed record Unacknowledged(string Id, string By, DateTimeOffset At) : IWarningEvent;
}

/// <summary>That somebody has seen a warning.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who.</param>
/// <param name="Note">What he said; null for nothing.</param>
public sealed record Acknowledgement(DateTimeOffset At, string By, string? Note);

/// <summary>A warning.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Kind">Its kind's word.</param>
/// <param name="Severity">How much it matters; the worst since it appeared.</param>
/// <param name="Subject">Of what.</param>
/// <param name="Title">It in a few words.</param>
/// <param name="Detail">What was found.</param>
/// <param name="FirstSeen">When it appeared for the first time.</param>
/// <param name="LastSeen">When it was so for the last time that is stored.</param>
/// <param name="Count">How often it appeared.</param>
/// <param name="Flaps">How often it came back within an hour, in a row.</param>
/// <param name="EndedAt">When it ended; null while it is so.</param>
/// <param name="Acknowledged">That somebody has seen it.</param>
public sealed record Warning(
    string Id,
    string Kind,
    WarningSeverity Severity,
    string Subject,
    string Title,
    string Detail,
    DateTimeOffset FirstSeen,
    DateTimeOffset LastSeen,
    int Count,
    int Flaps,
    DateTimeOffset? EndedAt,
    Acknowledgement? Acknowledged)
{
    /// <summary>Whether it is so.</summary>
    [JsonIgnore]
    public bool IsActive => EndedAt is null;
}

/// <summary>The warnings that are, and the latest of those that were.</summary>
public sealed record WarningState
{
    /// <summary>How many that have ended are remembered.</summary>
    public const int MostEnded = 200;

    /// <summary>Coming back within this time counts as the same trouble: an acknowledgement stays, and it is told to end later.</summary>
    public static readonly TimeSpan SameTrouble = TimeSpan.FromHours(1);

    private static readonly TimeSpan Remembered = TimeSpan.FromDays(7);

    /// <summary>The warnings, by their names.</summary>
    public ImmutableSortedDictionary<string, Warning> Warnings { get; init; } = ImmutableSortedDictionary.Create<string, Warning>(StringComparer.Ordinal);

    /// <summary>The state after one more event.</summary>
    /// <param name="event">What happened. One of a warning that is not remembered changes nothing.</param>
    public WarningState Apply(IWarningEvent @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (@event is WarningEvents.Raised raised)
        {
            var kept = Forget(raised.At);
            return kept with { Warnings = kept.Warnings.SetItem(raised.Id, Raise(kept.Warnings.GetValueOrDefault(raised.Id), raised)) };
        }

        if (!Warnings.TryGetValue(@event.Id, out var warning))
        {
            return this;
        }

        return this with
        {
            Warnings = Warnings.SetItem(@event.Id, @event switch
            {
                WarningEvents.Ended e => warning with { EndedAt = e.At, LastSeen = e.LastSeen },
                WarningEvents.Acknowledged e => warning with { Acknowledged = new(e.At, e.By, e.Note) },
                WarningEvents.Unacknowledged => warning with { Acknowledged = null },
                _ => warning,
            }),
        };
    }

    private static Warning Raise(Warning? before, WarningEvents.Raised e)
    {
        var isSame = before is { EndedAt: null } || (before?.EndedAt is { } ended && e.At - ended < SameTrouble);
        var isWorse = before is not null && e.Severity > before.Severity;
        return new(
            e.Id,
            e.Kind,
            e.Severity,
            e.Subject,
            e.Title,
            e.Detail,
            before?.FirstSeen ?? e.At,
            e.At,
            before is null ? 1 : before.IsActive ? before.Count : before.Count + 1,
            before is null || !isSame ? 0 : before.IsActive ? before.Flaps : before.Flaps + 1,
            null,
            isSame && !isWorse ? before!.Acknowledged : null);
    }

    private WarningState Forget(DateTimeOffset now)
    {
        var ended = Warnings.Values.Where(w => !w.IsActive).OrderByDescending(w => w.EndedAt).ThenBy(w => w.Id, StringComparer.Ordinal).ToList();
        var gone = ended.Skip(MostEnded).Concat(ended.Take(MostEnded).Where(w => now - w.EndedAt > Remembered)).Select(w => w.Id).ToList();
        return gone.Count == 0 ? this : this with { Warnings = Warnings.RemoveRange(gone) };
    }
}
