using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>
/// The journal in a SQLite file with a write-ahead log and <c>synchronous=FULL</c>: a commit returns when it is on the disk. The driver's calls block, so they run on threads of their own:
/// one for the writer, which keeps its connection and its prepared statements, and a few for readers.
/// </summary>
internal sealed class SqliteJournalDatabase(string connectionString, JournalSettings settings) : JournalDatabase
{
    /// <summary>How large the write-ahead log may grow before its reader is waited for. SQLite itself starts it anew at 4 MiB, whenever no reader is in it.</summary>
    private const long MostLogBytes = 32 << 20;

    /// <summary>What a connection keeps of the file in memory, in KiB; SQLite's default is four times as much.</summary>
    private const int CacheKibibytes = 512;

    /// <summary>How long a reader in the way of the write-ahead log is waited for, in milliseconds.</summary>
    private const int LogWaitMilliseconds = 100;

    /// <summary>How many deadlines a read is waited for: when a thousand actors recover, each waits for its turn.</summary>
    private const int ReadPatience = 4;

    private readonly WorkerThreads _writing = new("journal-writer", 1);
    private readonly WorkerThreads _reading = new("journal-reader", settings.Readers);
    private readonly string _file = Of(connectionString, true).DataSource;
    private readonly string _writerString = Of(connectionString, false).ToString();
    private readonly string _readerString = Of(connectionString, true).ToString();
    private SqliteWriter? _writer;
    private long _logLimit = MostLogBytes;

    /// <summary>Makes the file, for its owner alone, and sees to it that its file system can hold a write-ahead log. Blocks; meant for the start of the process.</summary>
    /// <exception cref="IOException">The file system cannot.</exception>
    public void MakeFile()
    {
        KeepPrivate(_file);
        using var connection = Open(_writerString);
        var mode = Ask(connection, "PRAGMA journal_mode=WAL;");
        if (mode != "wal")
        {
            throw new IOException($"The journal's file system does not let SQLite use a write-ahead log (journal mode is '{mode}'). Put the state folder on a local file system.");
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _writing.RunAsync(CloseWriter, CancellationToken.None).ConfigureAwait(false);
        using var pool = new SqliteConnection(_readerString);
        SqliteConnection.ClearPool(pool);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task PrepareAsync(CancellationToken cancellation) => _writing.RunAsync(MakeTables, cancellation);

    /// <inheritdoc/>
    protected override async Task<List<T>> QueryCoreAsync<T>(JournalStatement query, Func<DbDataReader, T> row, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(settings.Deadline * ReadPatience);
        var token = patience.Token;
        return await _reading.RunAsync(() => Read(query, row, token), token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Not cancelled: whoever waits for a write may give up, but what became of it must be known before the next one begins.</remarks>
    protected override Task CommitCoreAsync(IReadOnlyList<JournalWrite> writes, CancellationToken cancellation) => _writing.RunAsync(() => Commit(writes), CancellationToken.None, goOnHere: true);

    private static SqliteConnectionStringBuilder Of(string connectionString, bool isPooled) => new(connectionString)
    {
        Mode = isPooled ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadWriteCreate,
        Cache = SqliteCacheMode.Private,
        Pooling = isPooled,
        // The driver's own retries sleep through 150 ms; SQLite's, which come first, are finer and last as long as the deadline.
        DefaultTimeout = 1,
    };

    /// <summary>The journal tells who rents what: nobody but the agent's user reads it. SQLite gives the files beside it the same mode.</summary>
    private static void KeepPrivate(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            using var made = new FileStream(file, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }
    }

    private static string? Ask(SqliteConnection connection, string sql)
    {
        using var command = SqliteWriter.CommandOf(connection, new(sql));
        return command.ExecuteScalar()?.ToString();
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = SqliteWriter.CommandOf(connection, new(sql));
        command.ExecuteNonQuery();
    }

    private SqliteConnection Open(string text)
    {
        var connection = new SqliteConnection(text);
        try
        {
            connection.Open();
            Run(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA synchronous=FULL; PRAGMA busy_timeout={settings.Deadline.TotalMilliseconds:F0}; PRAGMA cache_size=-{CacheKibibytes}; PRAGMA journal_size_limit={MostLogBytes};"));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private bool MakeTables()
    {
        using var connection = Open(_writerString);
        if (Ask(connection, JournalTables.SqliteIsComplete) != "1")
        {
            Run(connection, "BEGIN IMMEDIATE;");
            Run(connection, JournalTables.Sqlite);
            Run(connection, "COMMIT;");
        }

        return true;
    }

    private List<T> Read<T>(JournalStatement query, Func<DbDataReader, T> row, CancellationToken cancellation)
    {
        using var connection = Open(_readerString);
        using var command = SqliteWriter.CommandOf(connection, query);
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Add(row(reader));
        }

        return rows;
    }

    private bool Commit(IReadOnlyList<JournalWrite> writes)
    {
        try
        {
            _writer ??= new(Open(_writerString));
            _writer.Commit(writes);
        }
        catch
        {
            // A connection that is closed leaves no transaction behind, whatever state it was in.
            CloseWriter();
            throw;
        }

        BoundLog(_writer);
        return true;
    }

    private bool CloseWriter()
    {
        var writer = _writer;
        _writer = null;
        writer?.Dispose();
        return true;
    }

    /// <summary>
    /// SQLite copies the log into the file by itself, but starts it anew only in a moment without readers. Ours are short; should they follow each other without such a moment, or should
    /// somebody outside keep a transaction open, the log grows: then readers are waited for, a moment, and again after as much growth.
    /// </summary>
    private void BoundLog(SqliteWriter writer)
    {
        try
        {
            var log = new FileInfo(_file + "-wal");
            if (log.Exists && log.Length > _logLimit)
            {
                writer.EmptyLog(LogWaitMilliseconds, (int)settings.Deadline.TotalMilliseconds);
                log.Refresh();
                _logLimit = (log.Exists ? log.Length : 0) + MostLogBytes;
            }
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            // The writes are stored. What is wrong with the file meets the next one.
            CloseWriter();
        }
    }
}
