using System.Data.Common;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>
/// The database of the journal. One writer commits at a time, so that the order of the journal is the order of commits; reads run beside it and never wait for it.
/// Nothing here blocks the caller's thread. Every failure is a <see cref="JournalException"/>.
/// </summary>
internal abstract class JournalDatabase : IAsyncDisposable
{
    private readonly SemaphoreSlim _preparing = new(1, 1);
    private volatile bool _isPrepared;

    /// <summary>The database of the options.</summary>
    public static JournalDatabase Of(JournalOptions options, JournalSettings settings) => options.Provider == JournalProvider.Sqlite
        ? new SqliteJournalDatabase(options.ConnectionString, settings)
        : new PostgreSqlJournalDatabase(options.ConnectionString, settings);

    /// <summary>Reads rows.</summary>
    /// <param name="query">What to read.</param>
    /// <param name="row">Makes something of one row.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<List<T>> QueryAsync<T>(JournalStatement query, Func<DbDataReader, T> row, CancellationToken cancellation)
    {
        try
        {
            await PrepareOnceAsync(cancellation).ConfigureAwait(false);
            return await QueryCoreAsync(query, row, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not JournalException && (e is not OperationCanceledException || !cancellation.IsCancellationRequested))
        {
            throw JournalFaults.Of(e);
        }
    }

    /// <summary>
    /// Stores writes in one transaction, in their order. When it returns, each that has no <see cref="JournalWrite.Fault"/> is on the disk, and the others are not stored.
    /// When it throws, none is known to be stored. Only one call may run at a time.
    /// </summary>
    public async Task CommitAsync(IReadOnlyList<JournalWrite> writes, CancellationToken cancellation)
    {
        try
        {
            await PrepareOnceAsync(cancellation).ConfigureAwait(false);
            await CommitCoreAsync(writes, cancellation).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw JournalFaults.Of(e);
        }
    }

    /// <summary>Returns when no write is under way whose end is not known. Without it, a lost connection could still store what its sender believes to have failed.</summary>
    public virtual Task SettleAsync(CancellationToken cancellation) => Task.CompletedTask;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        _preparing.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Makes the tables that are missing. Called until it succeeds once.</summary>
    protected abstract Task PrepareAsync(CancellationToken cancellation);

    /// <summary>As <see cref="QueryAsync"/>, with the database's own exceptions.</summary>
    protected abstract Task<List<T>> QueryCoreAsync<T>(JournalStatement query, Func<DbDataReader, T> row, CancellationToken cancellation);

    /// <summary>As <see cref="CommitAsync"/>, with the database's own exceptions.</summary>
    protected abstract Task CommitCoreAsync(IReadOnlyList<JournalWrite> writes, CancellationToken cancellation);

    private async Task PrepareOnceAsync(CancellationToken cancellation)
    {
        if (_isPrepared)
        {
            return;
        }

        await _preparing.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!_isPrepared)
            {
                await PrepareAsync(cancellation).ConfigureAwait(false);
                _isPrepared = true;
            }
        }
        finally
        {
            _preparing.Release();
        }
    }
}
