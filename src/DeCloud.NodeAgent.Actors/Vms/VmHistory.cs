using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>The life of a VM, read from the journal: every event, and the state that they add up to at any time.</summary>
public interface IVmHistory
{
    /// <summary>The events of a VM, oldest first; deleted VMs have a history too.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="afterSequence">Only events behind this number.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The events, and how many the VM has in all; none at all when there never was such a VM.</returns>
    Task<(IReadOnlyList<HistoryEntryResource> Entries, int Total)> ReadAsync(VmId id, long afterSequence, int limit, CancellationToken cancellation);

    /// <summary>The VM as it was at a time; null when it did not exist then.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="at">The time.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<VmResource?> AtAsync(VmId id, DateTimeOffset at, CancellationToken cancellation);
}

/// <summary>The node's events as they are written, in the order of the journal.</summary>
public interface IEventFeed
{
    /// <summary>The place of the last event there is. Whoever reads from here on misses nothing that is written after this was asked.</summary>
    /// <param name="cancellation">Gives up.</param>
    Task<long> LastIdAsync(CancellationToken cancellation);

    /// <summary>
    /// Events behind a place in the journal, then every new one. The enumeration fails with <see cref="SlowReaderException"/> when the reader falls too far behind: nothing is ever skipped in silence.
    /// </summary>
    /// <param name="afterId">The <see cref="EventResource.Id"/> last seen.</param>
    /// <param name="cancellation">Ends the enumeration.</param>
    IAsyncEnumerable<EventResource> ReadAsync(long afterId, CancellationToken cancellation);
}

/// <summary>The reader of an event stream fell too far behind and must resume from the last event it saw.</summary>
public sealed class SlowReaderException : Exception
{
    /// <summary>Makes the exception.</summary>
    public SlowReaderException()
        : base("The reader fell too far behind; resume after the last event seen.")
    {
    }
}
