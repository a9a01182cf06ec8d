using System.Data.Common;
using System.Globalization;
using Npgsql;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>
/// The journal in a PostgreSQL database. Every transaction that writes takes one advisory lock first and keeps it until it is over: events become visible in the order of
/// <c>ordering</c>, also when a connection was lost whose transaction the server has not ended yet, or when two agents were given one database.
/// </summary>
internal sealed class PostgreSqlJournalDatabase : JournalDatabase
{
    /// <summary>The number of the advisory lock; any that nobody else has. These are the letters "decloud" and 1.</summary>
    private const long Lock = 0x64_65_63_6c_6f_75_64_01;

    private readonly SemaphoreSlim _reads;
    private readonly TimeSpan _deadline;
    private readonly string _connectionString;
    private readonly string _begin;
    private NpgsqlConnection? _writer;

    /// <summary>Counts commits without an answer; 0 when it is known what became of each.</summary>
    private long _uncertain;
    private long _lastUncertain;

    public PostgreSqlJournalDatabase(string connectionString, JournalSettings settings)
    {
        _reads = new(settings.Readers, settings.Readers);
        _deadline = settings.Deadline;
        var given = new NpgsqlConnectionStringBuilder(connectionString);
        given.CommandTimeout = given.Timeout = Math.Max(1, (int)Math.Ceiling(settings.Deadline.TotalSeconds));
        given.MaxAutoPrepare = Math.Max(given.MaxAutoPrepare, 20);
        // Tells which statement of a batch the server refused.
        given.IncludeFailedBatchedCommand = true;
        given.Enlist = false;
        given.ApplicationName ??= "decloud-agent";
        _connectionString = given.ToString();
        var milliseconds = settings.Deadline.TotalMilliseconds.ToString("F0", CultureInfo.InvariantCulture);
        // Whatever the server's defaults are: what is acknowledged is on its disk, and a transaction whose client is gone does not keep the lock.
        _begin = $"""
            SELECT set_config('statement_timeout', '{milliseconds}', true), set_config('idle_in_transaction_session_timeout', '{milliseconds}', true),
                CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END
            """;
    }

    /// <inheritdoc/>
    public override async Task SettleAsync(CancellationToken cancellation)
    {
        var seen = Volatile.Read(ref _uncertain);
        if (seen == 0)
        {
            return;
        }

        try
        {
            await using var connection = await OpenAsync(cancellation).ConfigureAwait(false);
            await using var transaction = await BeginAsync(connection, cancellation).ConfigureAwait(false);
            await transaction.RollbackAsync(cancellation).ConfigureAwait(false);
            Interlocked.CompareExchange(ref _uncertain, 0, seen);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw JournalFaults.Of(e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await CloseWriterAsync().ConfigureAwait(false);
        await using var pool = new NpgsqlConnection(_connectionString);
        NpgsqlConnection.ClearPool(pool);
        _reads.Dispose();
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task PrepareAsync(CancellationToken cancellation)
    {
        using var deadline = Deadline(cancellation);
        await using var connection = await OpenAsync(deadline.Token).ConfigureAwait(false);
        await using var ask = new NpgsqlCommand(JournalTables.PostgreSqlIsComplete, connection);
        if (await ask.ExecuteScalarAsync(deadline.Token).ConfigureAwait(false) is true)
        {
            return;
        }

        await using var transaction = await BeginAsync(connection, deadline.Token).ConfigureAwait(false);
        await using var make = new NpgsqlCommand(JournalTables.PostgreSql, connection, transaction);
        await make.ExecuteNonQueryAsync(deadline.Token).ConfigureAwait(false);
        await transaction.CommitAsync(deadline.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task<List<T>> QueryCoreAsync<T>(JournalStatement query, Func<DbDataReader, T> row, CancellationToken cancellation)
    {
        using var deadline = Deadline(cancellation);
        await _reads.WaitAsync(deadline.Token).ConfigureAwait(false);
        try
        {
            await using var connection = await OpenAsync(deadline.Token).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(query.Sql, connection);
            Add(command.Parameters, query);
            await using var reader = await command.ExecuteReaderAsync(deadline.Token).ConfigureAwait(false);
            var rows = new List<T>();
            while (await reader.ReadAsync(deadline.Token).ConfigureAwait(false))
            {
                rows.Add(row(reader));
            }

            return rows;
        }
        finally
        {
            _reads.Release();
        }
    }

    /// <inheritdoc/>
    protected override async Task CommitCoreAsync(IReadOnlyList<JournalWrite> writes, CancellationToken cancellation)
    {
        using var deadline = Deadline(cancellation);
        try
        {
            var left = writes;
            while (left.Count > 0 && !await TryCommitAsync(left, deadline.Token).ConfigureAwait(false))
            {
                left = [.. left.Where(w => w.Fault is null)];
            }
        }
        catch
        {
            await CloseWriterAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void Add(NpgsqlParameterCollection parameters, JournalStatement statement)
    {
        foreach (var value in statement.Values)
        {
            parameters.Add(new NpgsqlParameter { Value = value });
        }
    }

    /// <summary>Stores all of them, or marks the one that the server refuses; then nothing is stored yet.</summary>
    private async Task<bool> TryCommitAsync(IReadOnlyList<JournalWrite> writes, CancellationToken cancellation)
    {
        await using var transaction = await BeginToWriteAsync(cancellation).ConfigureAwait(false);
        await using var batch = new NpgsqlBatch(_writer, transaction);
        var owners = new Dictionary<NpgsqlBatchCommand, JournalWrite>();
        foreach (var write in writes)
        {
            foreach (var statement in write.Statements)
            {
                var command = new NpgsqlBatchCommand(statement.Sql);
                Add(command.Parameters, statement);
                batch.BatchCommands.Add(command);
                owners.Add(command, write);
            }
        }

        if (owners.Count > 0)
        {
            try
            {
                await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.BatchCommand is { } command && JournalFaults.Of(e) is { IsOfTheWrite: true } fault)
            {
                owners[command].Fault = fault;
                await transaction.RollbackAsync(cancellation).ConfigureAwait(false);
                return false;
            }
        }

        try
        {
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch
        {
            Volatile.Write(ref _uncertain, ++_lastUncertain);
            throw;
        }
    }

    /// <summary>Begins a transaction on the writer's connection. One that was lost since the last write is replaced, which is safe: nothing was sent yet.</summary>
    private async Task<NpgsqlTransaction> BeginToWriteAsync(CancellationToken cancellation)
    {
        if (_writer is not null)
        {
            try
            {
                return await BeginAsync(_writer, cancellation).ConfigureAwait(false);
            }
            catch (NpgsqlException) when (_writer.FullState.HasFlag(System.Data.ConnectionState.Broken) || _writer.State != System.Data.ConnectionState.Open)
            {
                await CloseWriterAsync().ConfigureAwait(false);
            }
        }

        _writer = await OpenAsync(cancellation).ConfigureAwait(false);
        return await BeginAsync(_writer, cancellation).ConfigureAwait(false);
    }

    /// <summary>Begins a transaction and takes the lock. Whoever has it knows that every earlier transaction is over, so nothing is uncertain.</summary>
    private async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var transaction = await connection.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        try
        {
            await using var batch = new NpgsqlBatch(connection, transaction);
            batch.BatchCommands.Add(new(_begin));
            var take = new NpgsqlBatchCommand("SELECT pg_advisory_xact_lock($1)");
            take.Parameters.Add(new NpgsqlParameter { Value = Lock });
            batch.BatchCommands.Add(take);
            await batch.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        var connection = new NpgsqlConnection(_connectionString);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task CloseWriterAsync()
    {
        if (_writer is { } writer)
        {
            _writer = null;
            await writer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private CancellationTokenSource Deadline(CancellationToken cancellation)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        source.CancelAfter(_deadline);
        return source;
    }
}
