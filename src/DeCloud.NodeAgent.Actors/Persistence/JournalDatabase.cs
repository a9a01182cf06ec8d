using System.Data.Common;
using LinqToDB;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>Opens connections to the journal's database, tuned so that what is acknowledged survives a loss of power.</summary>
internal sealed class JournalDatabase
{
    /// <summary>How long SQLite itself waits for a lock, in milliseconds. Its own back-off is finer than the driver's.</summary>
    private const int BusyMilliseconds = 10_000;

    private readonly JournalProvider _provider;

    public JournalDatabase(JournalOptions options)
    {
        _provider = options.Provider;
        ConnectionString = options.Provider == JournalProvider.Sqlite
            ? new SqliteConnectionStringBuilder(options.ConnectionString)
            {
                Mode = SqliteOpenMode.ReadWriteCreate,
                Cache = SqliteCacheMode.Private,
                Pooling = true,
                DefaultTimeout = BusyMilliseconds / 1000,
            }.ToString()
            : options.ConnectionString;
    }

    public string ConnectionString { get; }

    /// <summary>How Akka.Persistence.Sql connects.</summary>
    public DataOptions DataOptions()
    {
        if (_provider == JournalProvider.PostgreSql)
        {
            return new DataOptions().UseConnectionString("PostgreSQL.15", ConnectionString);
        }

        SetWriteAheadLog();
        return new DataOptions().UseConnectionString("SQLite.MS", ConnectionString).UseAfterConnectionOpened(
            SetPragmas,
            async (connection, _) =>
            {
                // The driver's async calls are synchronous. Without this yield a write runs inside the journal's stream stage, nothing queues up behind it, and every event is a transaction of its own.
                await Task.Yield();
                SetPragmas(connection);
            });
    }

    /// <summary>A connection for reading the journal beside the actors.</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellation)
    {
        DbConnection connection = _provider == JournalProvider.Sqlite ? new SqliteConnection(ConnectionString) : new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellation).ConfigureAwait(false);
        if (_provider == JournalProvider.Sqlite)
        {
            SetPragmas(connection);
        }

        return connection;
    }

    private static void SetPragmas(DbConnection connection) => Run(connection, $"PRAGMA synchronous=FULL; PRAGMA busy_timeout={BusyMilliseconds};");

    private void SetWriteAheadLog()
    {
        KeepPrivate(new SqliteConnectionStringBuilder(ConnectionString).DataSource);
        using var connection = new SqliteConnection(ConnectionString);
        connection.Open();
        var mode = Run(connection, "PRAGMA journal_mode=WAL;");
        if (mode != "wal")
        {
            throw new IOException($"The journal's file system does not let SQLite use a write-ahead log (journal mode is '{mode}'). Put the state folder on a local file system.");
        }
    }

    /// <summary>The journal tells who rents what: nobody but the agent's user reads it. SQLite gives the files beside it the same mode.</summary>
    private static void KeepPrivate(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            using var made = new FileStream(file, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }
    }

    private static string? Run(DbConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // Constant texts of this class.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command.ExecuteScalar()?.ToString();
    }
}
