using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Actors.Operations;

/// <summary>
/// The operations of everything that has some, for those who list them: who owns operations publishes how to view them after each change, and the list is made when it is asked for.
/// What is gone takes its operations off the list; each can still be asked for by its id.
/// </summary>
public sealed class OperationBoard
{
    private ImmutableDictionary<string, Func<IEnumerable<OperationResource>>> _current = ImmutableDictionary<string, Func<IEnumerable<OperationResource>>>.Empty;

    /// <summary>Every operation that is remembered, the latest accepted first.</summary>
    public IReadOnlyList<OperationResource> Read() =>
        [.. Volatile.Read(ref _current).Values.SelectMany(view => view()).OrderByDescending(o => o.AcceptedAt).ThenBy(o => o.Id, StringComparer.Ordinal)];

    /// <summary>Shows the operations of an owner in place of what it showed before.</summary>
    /// <param name="owner">The owner's persistence id.</param>
    /// <param name="view">Makes the view of an immutable state; called on any thread.</param>
    internal void Publish(string owner, Func<IEnumerable<OperationResource>> view) =>
        ImmutableInterlocked.Update(ref _current, static (map, change) => map.SetItem(change.owner, change.view), (owner, view));

    internal void Remove(string owner) => ImmutableInterlocked.Update(ref _current, static (map, owner) => map.Remove(owner), owner);
}
