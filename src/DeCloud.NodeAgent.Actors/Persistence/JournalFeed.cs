using System.Runtime.CompilerServices;
using System.Text.Json;
using DeCloud.NodeAgent.Actors.Serialization;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>
/// The node's events straight from the journal. Every reader reads for itself from where it is, woken by <see cref="JournalSignal"/>: no event is kept in memory for a slow one,
/// and one that falls too far behind is told so.
/// </summary>
internal sealed class JournalFeed(JournalReader reader, JournalSignal written) : IEventFeed
{
    private const int Batch = 256;

    /// <summary>How many events a reader may be behind while it reads live. A reader that resumes may begin as far back as it likes.</summary>
    private const int Lag = 10_000;

    public Task<long> LastIdAsync(CancellationToken cancellation) => reader.LastOrderingAsync(cancellation);

    public async IAsyncEnumerable<EventResource> ReadAsync(long afterId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var signal = written.Next;
        var at = afterId;
        var isLive = false;
        while (true)
        {
            var rows = await reader.ReadAllAsync(at, Batch, cancellation).ConfigureAwait(false);
            foreach (var row in rows)
            {
                at = row.Ordering;
                if (Show(row) is { } shown)
                {
                    yield return shown;
                }
            }

            if (rows.Count == Batch)
            {
                if (isLive && await reader.LastOrderingAsync(cancellation).ConfigureAwait(false) - at > Lag)
                {
                    throw new SlowReaderException();
                }

                continue;
            }

            isLive = true;
            await signal.WaitAsync(cancellation).ConfigureAwait(false);
            signal = written.Next;
        }
    }

    /// <summary>An event as the API shows it, or null for those that only concern the agent itself.</summary>
    private static EventResource? Show(JournalRow row) => row.Event switch
    {
        IVmEvent e => new(row.Ordering, $"/api/vms/{row.PersistenceId["vm-".Length..]}", JournalEntries.Entry(row.Sequence, e)),
        IImageEvent e when JournalEntries.Entry(row.Sequence, e) is { } entry => new(row.Ordering, "/api/images", entry),
        IWarningEvent e => new(row.Ordering, $"/api/warnings/{e.Id}", JournalEntries.Entry(row.Sequence, e)),
        IOverlayEvent e => new(row.Ordering, "/api/wireguard", JournalEntries.Entry(row.Sequence, e)),
        OperatorEvents.RestartAsked e => new(row.Ordering, $"/api/actors/show?path={Uri.EscapeDataString(e.Path)}", JournalEntries.Entry(row.Sequence, e)),
        _ => null,
    };
}

/// <summary>The life of a VM, from the journal.</summary>
internal sealed class JournalHistory(JournalReader reader) : IVmHistory
{
    private const int Batch = 1000;

    public async Task<(IReadOnlyList<HistoryEntryResource> Entries, int Total)> ReadAsync(VmId id, long afterSequence, int limit, CancellationToken cancellation)
    {
        var persistenceId = VmActor.PersistenceIdOf(id);
        var rows = await reader.ReadOneAsync(persistenceId, afterSequence, limit, cancellation).ConfigureAwait(false);
        var total = await reader.CountAsync(persistenceId, cancellation).ConfigureAwait(false);
        return ([.. rows.Select(row => JournalEntries.Entry(row.Sequence, (IVmEvent)row.Event))], total);
    }

    public async Task<VmResource?> AtAsync(VmId id, DateTimeOffset at, CancellationToken cancellation)
    {
        var state = new VmState(id);
        var sequence = 0L;
        while (true)
        {
            var rows = await reader.ReadOneAsync(VmActor.PersistenceIdOf(id), sequence, Batch, cancellation).ConfigureAwait(false);
            foreach (var row in rows)
            {
                var @event = (IVmEvent)row.Event;
                if (@event.At > at)
                {
                    return Shown();
                }

                state = state.Apply(@event);
                sequence = row.Sequence;
            }

            if (rows.Count < Batch)
            {
                return Shown();
            }
        }

        VmResource? Shown() => state.Spec is null || state.IsTombstoned ? null : state.View(null, []);
    }
}

/// <summary>How events of the journal are shown.</summary>
internal static class JournalEntries
{
    public static HistoryEntryResource Entry(long sequence, IVmEvent @event) =>
        new(sequence, @event.At, VmWords.EventType(@event), VmWords.By(@event), VmWords.Summary(@event), Data(@event));

    public static HistoryEntryResource? Entry(long sequence, IImageEvent @event) => @event switch
    {
        ImageEvents.PullAccepted e => new(sequence, e.At, "image-pull-accepted", e.Request.By, $"Pull {e.Number} of {ImageUrl.ShownOf(e.Url)} was accepted.", Data(e)),
        ImageEvents.PullEnded e => new(sequence, e.At, "image-pull-ended", null, $"Pull {e.Number} {VmWords.Of(e.Outcome)}{(e.Failure is { } f ? $": {f.Message}" : ".")}", Data(e)),
        ImageEvents.Removed e => new(sequence, e.At, "image-removed", null, $"Image {e.Digest} was {(e.Reason == "evicted" ? "evicted to keep the budget" : "removed as asked")}.", Data(e)),
        _ => null,
    };

    public static HistoryEntryResource Entry(long sequence, IOverlayEvent @event) => @event switch
    {
        OverlayEvents.KeyRotated e => new(sequence, e.At, "overlay-key-rotated", e.Request.By, $"The node's overlay key is number {e.KeyId}, {e.PublicKey}.", Data(e)),
        OverlayEvents.PeerSet e => new(sequence, e.At, "overlay-peer-set", e.Request.By, $"The peer {e.Peer.PublicKey} with {string.Join(", ", e.Peer.AllowedIps)} was added or changed.", Data(e)),
        OverlayEvents.PeerRemoved e => new(sequence, e.At, "overlay-peer-removed", e.Request.By, $"The peer {e.PublicKey} was removed.", Data(e)),
        _ => throw new ArgumentOutOfRangeException(nameof(@event), @event, "There is no such event."),
    };

    /// <summary>All under one word, so that whoever shows warnings has one thing to wait for; the data tells which of them.</summary>
    public static HistoryEntryResource Entry(long sequence, IWarningEvent @event) => @event switch
    {
        WarningEvents.Raised e => new(sequence, e.At, "warning", null, $"Warning {e.Id}: {e.Title}", Data(e)),
        WarningEvents.Ended e => new(sequence, e.At, "warning", null, $"Warning {e.Id} has ended.", Data(e)),
        WarningEvents.Acknowledged e => new(sequence, e.At, "warning", e.By, $"Warning {e.Id} was acknowledged.", Data(e)),
        WarningEvents.Unacknowledged e => new(sequence, e.At, "warning", e.By, $"The acknowledgement of warning {e.Id} was taken back.", Data(e)),
        _ => throw new ArgumentOutOfRangeException(nameof(@event), @event, "There is no such event."),
    };

    public static HistoryEntryResource Entry(long sequence, OperatorEvents.RestartAsked @event) =>
        new(sequence, @event.At, "actor-restart-asked", @event.By, $"Actor {@event.Path} was to be started again.", Data(@event));

    private static JsonElement Data(object @event)
    {
        // The query of an image's address may be a signature, which is a secret.
        var shown = @event switch
        {
            VmEvents.Created e => e with { Spec = e.Spec with { ImageUrl = ImageUrl.ShownOf(e.Spec.ImageUrl) } },
            ImageEvents.PullAccepted e => e with { Url = ImageUrl.ShownOf(e.Url) },
            _ => @event,
        };
        return JsonSerializer.SerializeToElement(shown, JournalJson.Default.GetTypeInfo(shown.GetType())!);
    }
}
