using System.Data.Common;
using DeCloud.NodeAgent.Actors.Serialization;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>One row of the journal.</summary>
/// <param name="Ordering">Its place in the whole journal.</param>
/// <param name="PersistenceId">Whose event it is.</param>
/// <param name="Sequence">Its place in the history of that subject.</param>
/// <param name="Event">The event.</param>
internal sealed record JournalRow(long Ordering, string PersistenceId, long Sequence, object Event);

/// <summary>
/// Reads the tables of Akka.Persistence.Sql (schema of version 1.5, table <c>journal</c>) directly: its own queries follow the end of the journal by polling, a second behind.
/// </summary>
internal sealed class JournalReader(JournalDatabase database)
{
    private const string Columns = "ordering, persistence_id, sequence_number, manifest, message";

    /// <summary>The place of the last event; 0 when there is none.</summary>
    public async Task<long> LastOrderingAsync(CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COALESCE(MAX(ordering), 0) FROM journal";
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Events behind a place in the whole journal, in its order.</summary>
    public Task<List<JournalRow>> ReadAllAsync(long afterOrdering, int limit, CancellationToken cancellation) =>
        ReadAsync($"SELECT {Columns} FROM journal WHERE ordering > @after ORDER BY ordering LIMIT @limit", null, afterOrdering, limit, cancellation);

    /// <summary>Events of one subject behind a place in its history, in order.</summary>
    public Task<List<JournalRow>> ReadOneAsync(string persistenceId, long afterSequence, int limit, CancellationToken cancellation) =>
        ReadAsync($"SELECT {Columns} FROM journal WHERE persistence_id = @id AND sequence_number > @after ORDER BY sequence_number LIMIT @limit", persistenceId, afterSequence, limit, cancellation);

    /// <summary>How many events a subject has.</summary>
    public async Task<int> CountAsync(string persistenceId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT COUNT(*) FROM journal WHERE persistence_id = @id";
        Add(command, "@id", persistenceId);
        return Convert.ToInt32(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false), System.Globalization.CultureInfo.InvariantCulture);
    }

    private async Task<List<JournalRow>> ReadAsync(string sql, string? persistenceId, long after, int limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenAsync(cancellation).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // One of the two constant texts above.
        command.CommandText = sql;
#pragma warning restore CA2100
        Add(command, "@after", after);
        Add(command, "@limit", limit);
        if (persistenceId is not null)
        {
            Add(command, "@id", persistenceId);
        }

        var rows = new List<JournalRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellation).ConfigureAwait(false))
        {
            var message = (byte[])reader.GetValue(4);
            rows.Add(new(reader.GetInt64(0), reader.GetString(1), reader.GetInt64(2), JournalSerializer.Read(message, reader.GetString(3))));
        }

        return rows;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }
}
