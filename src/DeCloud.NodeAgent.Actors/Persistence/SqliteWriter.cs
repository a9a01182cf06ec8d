using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>The connection that writes, with its statements prepared. Used by one thread at a time; after an exception it is of no use any more.</summary>
internal sealed class SqliteWriter(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);

    /// <summary>A command for a statement.</summary>
    public static SqliteCommand CommandOf(SqliteConnection connection, JournalStatement statement)
    {
        var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts of JournalSql, and those below.
        command.CommandText = statement.Sql;
#pragma warning restore CA2100
        for (var i = 0; i < statement.Values.Length; i++)
        {
            command.Parameters.AddWithValue(string.Create(CultureInfo.InvariantCulture, $"${i + 1}"), statement.Values[i]);
        }

        return command;
    }

    /// <summary>Stores writes in one transaction. A write that the database refuses is undone and marked; the others are stored.</summary>
    public void Commit(IReadOnlyList<JournalWrite> writes)
    {
        Run(new("BEGIN IMMEDIATE"));
        foreach (var write in writes)
        {
            Store(write);
        }

        Run(new("COMMIT"));
    }

    /// <summary>Copies the write-ahead log into the file and empties it.</summary>
    /// <param name="waitMilliseconds">How long readers in the way are waited for.</param>
    /// <param name="thenMilliseconds">How long later statements wait for a lock.</param>
    public void EmptyLog(int waitMilliseconds, int thenMilliseconds)
    {
        using var command = CommandOf(connection, new(string.Create(
            CultureInfo.InvariantCulture, $"PRAGMA busy_timeout={waitMilliseconds}; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout={thenMilliseconds};")));
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var command in _prepared.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private void Store(JournalWrite write)
    {
        // A statement that fails undoes itself; several need a mark to go back to.
        var isMarked = write.Statements.Count > 1;
        try
        {
            if (isMarked)
            {
                Run(new("SAVEPOINT write"));
            }

            foreach (var statement in write.Statements)
            {
                Run(statement);
            }
        }
        catch (SqliteException e) when (JournalFaults.Of(e) is { IsOfTheWrite: true } fault)
        {
            write.Fault = fault;
            if (isMarked)
            {
                Run(new("ROLLBACK TO write"));
            }
        }

        if (isMarked)
        {
            Run(new("RELEASE write"));
        }
    }

    private void Run(JournalStatement statement)
    {
        if (!_prepared.TryGetValue(statement.Sql, out var command))
        {
            command = CommandOf(connection, statement);
            command.Prepare();
            _prepared.Add(statement.Sql, command);
        }

        for (var i = 0; i < statement.Values.Length; i++)
        {
            command.Parameters[i].Value = statement.Values[i];
        }

        command.ExecuteNonQuery();
    }
}
