namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>One statement with its values. Both databases read the texts: parameters are <c>$1</c>, <c>$2</c> and so on.</summary>
/// <param name="Sql">One of the texts of <see cref="JournalSql"/>.</param>
/// <param name="Values">The values in the order of their numbers: <see cref="long"/>, <see cref="int"/>, <see cref="bool"/>, <see cref="string"/> or bytes.</param>
internal readonly record struct JournalStatement(string Sql, params object[] Values);

/// <summary>
/// What is asked of the tables. These are the tables of Akka.Persistence.Sql 1.5 with tags in a column, which earlier builds of the agent wrote; <c>ordering</c> is the place in the whole
/// journal and grows in the order of commits, <c>created</c> counts ticks (100 ns since the year 1, UTC).
/// </summary>
internal static class JournalSql
{
    private const string ReadColumns = "ordering, persistence_id, sequence_number, created, manifest, identifier, message, writer_uuid";

    private const string InsertEvent = """
        INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, tags, manifest, identifier, writer_uuid) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """;

    // The last event stays as a mark, so that its number is not given again.
    private const string MarkLast = """
        UPDATE journal SET deleted = $3 WHERE persistence_id = $1 AND sequence_number <= $2 AND sequence_number = (SELECT MAX(sequence_number) FROM journal WHERE persistence_id = $1)
        """;

    private const string DeleteBeforeLast = """
        DELETE FROM journal WHERE persistence_id = $1 AND sequence_number <= $2 AND sequence_number < (SELECT MAX(sequence_number) FROM journal WHERE persistence_id = $1)
        """;

    private const string UpsertSnapshot = """
        INSERT INTO snapshot (persistence_id, sequence_number, created, snapshot, manifest, serializer_id) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (persistence_id, sequence_number) DO UPDATE SET created = excluded.created, snapshot = excluded.snapshot, manifest = excluded.manifest, serializer_id = excluded.serializer_id
        """;

    private const string DeleteSnapshotRange = """
        DELETE FROM snapshot WHERE persistence_id = $1 AND sequence_number >= $2 AND sequence_number <= $3 AND created >= $4 AND created <= $5
        """;

    /// <summary>Stores an event.</summary>
    public static JournalStatement Insert(long created, string persistenceId, long sequence, byte[] message, string manifest, int serializer, string writer) =>
        new(InsertEvent, created, false, persistenceId, sequence, message, "", manifest, serializer, writer);

    /// <summary>Deletes the events of a subject up to a number, that one included.</summary>
    public static IReadOnlyList<JournalStatement> Delete(string persistenceId, long upTo) => [new(MarkLast, persistenceId, upTo, true), new(DeleteBeforeLast, persistenceId, upTo)];

    /// <summary>The last number of a subject, of deleted events too; 0 when it has none.</summary>
    public static JournalStatement Highest(string persistenceId) => new("SELECT COALESCE(MAX(sequence_number), 0) FROM journal WHERE persistence_id = $1", persistenceId);

    /// <summary>Events of a subject in a range of numbers, both ends included, in order.</summary>
    public static JournalStatement ReadOne(string persistenceId, long from, long to, long limit) => new(
        $"SELECT {ReadColumns} FROM journal WHERE persistence_id = $1 AND sequence_number >= $2 AND sequence_number <= $3 AND NOT deleted ORDER BY sequence_number LIMIT $4",
        persistenceId, from, to, limit);

    /// <summary>Events behind a place in the whole journal, in its order.</summary>
    public static JournalStatement ReadAll(long afterOrdering, long limit) =>
        new($"SELECT {ReadColumns} FROM journal WHERE ordering > $1 AND NOT deleted ORDER BY ordering LIMIT $2", afterOrdering, limit);

    /// <summary>How many events a subject has.</summary>
    public static JournalStatement Count(string persistenceId) => new("SELECT COUNT(*) FROM journal WHERE persistence_id = $1 AND NOT deleted", persistenceId);

    /// <summary>The place of the last event; 0 when there is none.</summary>
    public static JournalStatement Last { get; } = new("SELECT COALESCE(MAX(ordering), 0) FROM journal");

    /// <summary>Stores a snapshot; one with the same number gives way.</summary>
    public static JournalStatement Save(string persistenceId, long sequence, long created, byte[] snapshot, string manifest, int serializer) =>
        new(UpsertSnapshot, persistenceId, sequence, created, snapshot, manifest, serializer);

    /// <summary>The latest snapshot of a subject in a range of numbers and times, all ends included.</summary>
    public static JournalStatement Latest(string persistenceId, long from, long to, long since, long until) => new(
        """
        SELECT sequence_number, created, snapshot, manifest, serializer_id FROM snapshot
        WHERE persistence_id = $1 AND sequence_number >= $2 AND sequence_number <= $3 AND created >= $4 AND created <= $5
        ORDER BY sequence_number DESC LIMIT 1
        """,
        persistenceId, from, to, since, until);

    /// <summary>Deletes the snapshots of a subject in a range of numbers and times, all ends included.</summary>
    public static JournalStatement DeleteSnapshots(string persistenceId, long from, long to, long since, long until) => new(DeleteSnapshotRange, persistenceId, from, to, since, until);

    /// <summary>A write that has to reach the disk and changes nothing.</summary>
    public static JournalStatement Touch { get; } = new("UPDATE journal SET deleted = deleted WHERE ordering = (SELECT MAX(ordering) FROM journal)");
}
