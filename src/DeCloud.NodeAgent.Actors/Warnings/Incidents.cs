using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Actors.Warnings;

/// <summary>What happens to the agent at a moment, remembered for as long as it matters. Bounded; not stored. What happens to a VM is in its own journal.</summary>
internal sealed class Incidents
{
    private const int Most = 1000;
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(10);

    private readonly List<(DateTimeOffset At, string Path, string Cause)> _failures = [];
    private readonly List<DateTimeOffset> _filterChanges = [];

    /// <summary>Somebody changed the packet filter's rules.</summary>
    public void AddPacketFilterChange(DateTimeOffset now) => Add(_filterChanges, now);

    /// <summary>An actor failed.</summary>
    public void AddFailure(string path, string cause, DateTimeOffset now) => Add(_failures, (now, path, cause));

    /// <summary>How often the rules were changed in the last quarter of an hour.</summary>
    public int PacketFilterChanges(DateTimeOffset now)
    {
        _filterChanges.RemoveAll(at => now - at > Quarter);
        return _filterChanges.Count;
    }

    /// <summary>The actors that failed several times within the last ten minutes.</summary>
    public IReadOnlyCollection<FailingActor> FailingActors(DateTimeOffset now)
    {
        _failures.RemoveAll(f => now - f.At > Lately);
        return [.. _failures.GroupBy(f => f.Path).Where(g => g.Count() >= WarningRules.FailuresThatMatter).Select(g => new FailingActor(g.Key, g.Count(), g.Last().Cause))];
    }

    private static void Add<T>(List<T> incidents, T incident)
    {
        if (incidents.Count >= Most)
        {
            incidents.RemoveAt(0);
        }

        incidents.Add(incident);
    }
}
