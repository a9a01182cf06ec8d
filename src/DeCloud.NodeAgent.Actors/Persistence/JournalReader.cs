using System.Data.Common;
using DeCloud.NodeAgent.Actors.Serialization;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>One row of the journal.</summary>
/// <param name="Ordering">Its place in the whole journal.</param>
/// <param name="PersistenceId">Whose event it is.</param>
/// <param name="Sequence">Its place in the history of that subject.</param>
/// <param name="Event">The event.</param>
internal sealed record JournalRow(long Ordering, string PersistenceId, long Sequence, object Event);

/// <summary>Reads the journal beside the actors, for the API.</summary>
internal sealed class JournalReader(JournalDatabase database)
{
    /// <summary>The place of the last event; 0 when there is none.</summary>
    public async Task<long> LastOrderingAsync(CancellationToken cancellation) =>
        (await database.QueryAsync(JournalSql.Last, row => row.GetInt64(0), cancellation).ConfigureAwait(false))[0];

    /// <summary>Events behind a place in the whole journal, in its order.</summary>
    public Task<List<JournalRow>> ReadAllAsync(long afterOrdering, int limit, CancellationToken cancellation) =>
        database.QueryAsync(JournalSql.ReadAll(afterOrdering, limit), Row, cancellation);

    /// <summary>Events of one subject behind a place in its history, in order.</summary>
    public Task<List<JournalRow>> ReadOneAsync(string persistenceId, long afterSequence, int limit, CancellationToken cancellation) =>
        database.QueryAsync(JournalSql.ReadOne(persistenceId, afterSequence + 1, long.MaxValue, limit), Row, cancellation);

    /// <summary>The same as they lie in the table, readable or not.</summary>
    public Task<List<StoredEvent>> ReadStoredAsync(string persistenceId, long afterSequence, int limit, CancellationToken cancellation) =>
        database.QueryAsync(JournalSql.ReadOne(persistenceId, afterSequence + 1, long.MaxValue, limit), StoredEvent.Read, cancellation);

    /// <summary>How many events a subject has.</summary>
    public async Task<int> CountAsync(string persistenceId, CancellationToken cancellation) =>
        (await database.QueryAsync(JournalSql.Count(persistenceId), row => (int)row.GetInt64(0), cancellation).ConfigureAwait(false))[0];

    private static JournalRow Row(DbDataReader row)
    {
        var stored = StoredEvent.Read(row);
        return new(stored.Ordering, stored.PersistenceId, stored.Sequence, JournalSerializer.Read(stored.Message, stored.Manifest));
    }
}
