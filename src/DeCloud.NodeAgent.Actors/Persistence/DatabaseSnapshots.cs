using System.Data.Common;
using Akka.Persistence;
using Akka.Persistence.Snapshot;
using DeCloud.NodeAgent.Actors.Serialization;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>The snapshots of persistent actors, in <see cref="JournalDatabase"/>. They pass the same writer as events, so a snapshot seldom costs a transaction of its own.</summary>
internal sealed class DatabaseSnapshots : SnapshotStore
{
    private readonly JournalSetup _journal = JournalSetup.Of(Context.System);
    private readonly Akka.Serialization.Serialization _serialization = Context.System.Serialization;

    /// <inheritdoc/>
    protected override async Task<SelectedSnapshot?> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken)
    {
        var latest = JournalSql.Latest(persistenceId, criteria.MinSequenceNr, criteria.MaxSequenceNr, criteria.MinTimestamp?.Ticks ?? 0, criteria.MaxTimeStamp.Ticks);
        var found = await _journal.Database.QueryAsync(latest, row => Snapshot(persistenceId, row), cancellationToken).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    /// <inheritdoc/>
    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot, CancellationToken cancellationToken)
    {
        var (bytes, manifest) = JournalSerializer.Write(_serialization, snapshot);
        return _journal.Writer.WriteAsync([JournalSql.Save(metadata.PersistenceId, metadata.SequenceNr, metadata.Timestamp.Ticks, bytes, manifest, JournalSerializer.Number)], cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>A time that was not given matches every time.</remarks>
    protected override Task DeleteAsync(SnapshotMetadata metadata, CancellationToken cancellationToken)
    {
        var (since, until) = metadata.Timestamp == default ? (0, long.MaxValue) : (metadata.Timestamp.Ticks, metadata.Timestamp.Ticks);
        return _journal.Writer.WriteAsync([JournalSql.DeleteSnapshots(metadata.PersistenceId, metadata.SequenceNr, metadata.SequenceNr, since, until)], cancellationToken);
    }

    /// <inheritdoc/>
    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria, CancellationToken cancellationToken) => _journal.Writer.WriteAsync(
        [JournalSql.DeleteSnapshots(persistenceId, criteria.MinSequenceNr, criteria.MaxSequenceNr, criteria.MinTimestamp?.Ticks ?? 0, criteria.MaxTimeStamp.Ticks)],
        cancellationToken);

    private SelectedSnapshot Snapshot(string persistenceId, DbDataReader row)
    {
        var snapshot = _serialization.Deserialize(row.GetFieldValue<byte[]>(2), row.GetInt32(4), row.GetString(3));
        return new(new(persistenceId, row.GetInt64(0), new DateTime(row.GetInt64(1), DateTimeKind.Utc)), snapshot);
    }
}
