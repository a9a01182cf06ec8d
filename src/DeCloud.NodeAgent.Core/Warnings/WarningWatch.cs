namespace DeCloud.NodeAgent.Core.Warnings;

/// <summary>
/// Turns findings, which come and go with every look, into events that are worth storing: a finding must hold before it is told, and must be away for a while before its warning ends,
/// the longer the more often it came back.
/// </summary>
public sealed class WarningWatch
{
    /// <summary>How many warnings there may be at once; more are not told.</summary>
    public const int MostActive = 500;

    private const int MostDoublings = 5;
    private static readonly TimeSpan EndsAfter = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (DateTimeOffset At, Finding Finding)> _seen = new(StringComparer.Ordinal);
    private DateTimeOffset? _began;

    /// <summary>When a warning was seen last and how, since this began; null when it was not.</summary>
    /// <param name="id">The warning's name.</param>
    public (DateTimeOffset At, Finding Finding)? LastSeen(string id) => _seen.TryGetValue(id, out var seen) ? seen : null;

    /// <summary>What follows from one look.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="findings">What was found.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<IWarningEvent> Look(WarningState state, IReadOnlyList<Finding> findings, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(findings);
        _began ??= now;
        var events = new List<IWarningEvent>();
        var active = state.Warnings.Values.Count(w => w.IsActive);
        var found = findings.DistinctBy(f => f.Id).ToDictionary(f => f.Id);
        foreach (var (id, finding) in found)
        {
            var warning = state.Warnings.GetValueOrDefault(id);
            if (warning is { IsActive: true })
            {
                _seen[id] = (now, finding);
                if (finding.Severity > warning.Severity)
                {
                    events.Add(Raised(id, finding, now));
                }
            }
            else
            {
                _since.TryAdd(id, now);
                if (now - _since[id] >= finding.Kind.Holds && active < MostActive)
                {
                    active++;
                    _since.Remove(id);
                    _seen[id] = (now, finding);
                    events.Add(Raised(id, finding, now));
                }
            }
        }

        foreach (var gone in _since.Keys.Where(id => !found.ContainsKey(id)).ToList())
        {
            _since.Remove(gone);
        }

        foreach (var warning in state.Warnings.Values.Where(w => w.IsActive && !found.ContainsKey(w.Id)))
        {
            // One of an earlier life of the agent was last seen then; what this one knows has to come in first.
            var away = now - (_seen.TryGetValue(warning.Id, out var seen) ? seen.At : _began.Value);
            if (away >= EndsAfter * (1 << Math.Min(warning.Flaps, MostDoublings)))
            {
                events.Add(new WarningEvents.Ended(warning.Id, seen.Finding is null ? warning.LastSeen : seen.At, now));
                _seen.Remove(warning.Id);
            }
        }

        return events;
    }

    /// <summary>The event of a finding.</summary>
    public static WarningEvents.Raised Raised(string id, Finding finding, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(finding);
        return new(id, finding.Kind.Code, finding.Severity, finding.Subject, finding.Title, finding.Detail, now);
    }
}
