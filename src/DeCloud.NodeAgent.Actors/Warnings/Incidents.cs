using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Actors.Warnings;

/// <summary>Things that happen at a moment, remembered for as long as they matter. Bounded; not stored.</summary>
internal sealed class Incidents
{
    private const int Most = 1000;
    private static readonly TimeSpan Quarter = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Lately = TimeSpan.FromMinutes(10);

    private readonly List<(DateTimeOffset At, SlowStart Start)> _slow = [];
    private readonly List<(DateTimeOffset At, string Path, string Cause)> _failures = [];
    private readonly List<DateTimeOffset> _filterChanges = [];
    private readonly List<(DateTimeOffset At, Guid Vm)> _crashes = [];
    private readonly Dictionary<Guid, int> _crashesBefore = [];

    /// <summary>A VM started slowly.</summary>
    public void Add(StartedSlowly slow, DateTimeOffset now) => Add(_slow, (now, new(slow.VmId.Value, slow.Took)));

    /// <summary>Somebody changed the packet filter's rules.</summary>
    public void AddPacketFilterChange(DateTimeOffset now) => Add(_filterChanges, now);

    /// <summary>An actor failed.</summary>
    public void AddFailure(string path, string cause, DateTimeOffset now) => Add(_failures, (now, path, cause));

    /// <summary>The slow starts of the last quarter of an hour.</summary>
    public IReadOnlyCollection<SlowStart> SlowStarts(DateTimeOffset now)
    {
        _slow.RemoveAll(s => now - s.At > Quarter);
        return [.. _slow.Select(s => s.Start)];
    }

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

    /// <summary>How often VMs went down by themselves within the last ten minutes, by how far their counts have grown since the looks before.</summary>
    public IReadOnlyDictionary<Guid, int> Crashes(IEnumerable<VmResource> vms, DateTimeOffset now)
    {
        var shown = new HashSet<Guid>();
        foreach (var vm in vms)
        {
            shown.Add(vm.Id);
            var more = vm.Crashes - _crashesBefore.GetValueOrDefault(vm.Id, vm.Crashes);
            _crashesBefore[vm.Id] = vm.Crashes;
            for (var i = 0; i < Math.Min(more, WarningRules.CrashesThatMatter); i++)
            {
                Add(_crashes, (now, vm.Id));
            }
        }

        foreach (var gone in _crashesBefore.Keys.Where(id => !shown.Contains(id)).ToList())
        {
            _crashesBefore.Remove(gone);
        }

        _crashes.RemoveAll(c => now - c.At > Lately);
        return _crashes.GroupBy(c => c.Vm).ToDictionary(g => g.Key, g => g.Count());
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
