using System.Runtime.Serialization;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Serialization;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>The journal of one subject, for those who look into it.</summary>
public interface IJournalView
{
    /// <summary>Events of a subject, the oldest first.</summary>
    /// <param name="persistenceId">The subject.</param>
    /// <param name="after">Only events behind this number.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<JournalPageResource> ReadAsync(string persistenceId, long after, int limit, CancellationToken cancellation);
}

/// <summary>Shows rows of the journal as far as they may be told.</summary>
internal sealed class JournalView(JournalReader reader) : IJournalView
{
    public async Task<JournalPageResource> ReadAsync(string persistenceId, long after, int limit, CancellationToken cancellation)
    {
        var total = await reader.CountAsync(persistenceId, cancellation).ConfigureAwait(false);
        var rows = await reader.ReadStoredAsync(persistenceId, after, limit + 1, cancellation).ConfigureAwait(false);
        var shown = rows.Take(limit).Select(Show).ToList();
        return new(shown, total, rows.Count > limit ? shown[^1].Sequence : null);
    }

    private static JournalEventResource Show(StoredEvent row)
    {
        string text;
        try
        {
            text = Tell(row.Sequence, JournalSerializer.Read(row.Message, row.Manifest));
        }
        catch (Exception e) when (e is SerializationException or System.Text.Json.JsonException)
        {
            // A later version's, or a damaged one: that it is there is told all the same.
            text = $"can't be read by this version, {row.Message.Length} bytes";
        }

        return new(row.Sequence, new(row.Created, TimeSpan.Zero), row.Manifest, text);
    }

    private static string Tell(long sequence, object @event)
    {
        var summary = @event switch
        {
            IVmEvent e => JournalEntries.Entry(sequence, e).Summary,
            IImageEvent e => JournalEntries.Entry(sequence, e)?.Summary,
            IOverlayEvent e => JournalEntries.Entry(sequence, e).Summary,
            IWarningEvent e => JournalEntries.Entry(sequence, e).Summary,
            OperatorEvents.RestartAsked e => JournalEntries.Entry(sequence, e).Summary,
            _ => null,
        };
        var members = MessageText.Of(@event);
        return summary is null ? members : MessageText.Bounded(members.Length == 0 ? summary : $"{summary} ({members})", 1000);
    }
}
