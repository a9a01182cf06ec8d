using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Actors.Warnings;

/// <summary>The warnings, for those who only read: published by their keeper after each look.</summary>
public sealed class WarningBoard
{
    private IReadOnlyList<WarningResource> _current = ImmutableArray<WarningResource>.Empty;

    /// <summary>Those that are, and the latest of those that were; the worst and latest first.</summary>
    public IReadOnlyList<WarningResource> Current => Volatile.Read(ref _current);

    /// <summary>How many of them are.</summary>
    public WarningCountsResource Count()
    {
        var active = Current.Where(w => w.Active).ToList();
        return new(active.Count(w => w.Severity == "critical"), active.Count(w => w.Severity == "warning"), active.Count(w => w.Severity == "info"), active.Count(w => w.Acknowledged is null));
    }

    internal void Publish(IReadOnlyList<WarningResource> warnings) => Volatile.Write(ref _current, warnings);
}
