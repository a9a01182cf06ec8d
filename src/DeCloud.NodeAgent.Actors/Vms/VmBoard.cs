using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>
/// What every VM looks like, for those who read many at once: VM actors publish to it after each change, lists and metrics read it without a message. A snapshot never changes,
/// so whatever is derived from one may be kept as long as <see cref="Current"/> returns the same instance.
/// </summary>
public sealed class VmBoard
{
    private ImmutableSortedDictionary<VmId, VmResource> _current = ImmutableSortedDictionary<VmId, VmResource>.Empty;

    /// <summary>Every VM that exists, ordered by id.</summary>
    public ImmutableSortedDictionary<VmId, VmResource> Current => Volatile.Read(ref _current);

    internal void Publish(VmId id, VmResource vm) =>
        ImmutableInterlocked.Update(ref _current, static (map, change) => map.SetItem(change.id, change.vm), (id, vm));

    internal void Remove(VmId id) => ImmutableInterlocked.Update(ref _current, static (map, id) => map.Remove(id), id);
}
