using System.Diagnostics;
using System.Threading.Channels;
using DeCloud.NodeAgent.Actors.Telemetry;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>
/// Where every write of the journal passes. While one transaction is on its way to the disk the next writes queue up, and all that have are one transaction: the busier the node, the
/// fewer commits an event costs, and an idle one waits for nobody.
/// </summary>
internal sealed class JournalWriter : IAsyncDisposable
{
    /// <summary>What a check allows beyond the database's own deadline, so that the database says by itself what is wrong.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly JournalDatabase _database;
    private readonly TimeSpan _patience;
    private readonly int _maxBatch;
    private readonly Channel<JournalWrite> _queue;
    private readonly Task _running;
    private volatile JournalException? _trouble;

    /// <summary>Begins to write.</summary>
    /// <param name="database">Where to; disposed with the writer.</param>
    /// <param name="settings">How much at once.</param>
    public JournalWriter(JournalDatabase database, JournalSettings settings)
    {
        _database = database;
        _maxBatch = settings.MaxBatch;
        _patience = settings.Deadline + Grace;
        // Whoever queues a write while none is under way begins its transaction by itself: one thread less is woken on the way of an event.
        _queue = Channel.CreateBounded<JournalWrite>(new BoundedChannelOptions(settings.MaxQueue) { SingleReader = true, AllowSynchronousContinuations = true });
        _running = Task.Run(RunAsync);
    }

    /// <summary>Why the last transaction could not be stored; null when it was. A write that is itself to blame is no trouble of the journal.</summary>
    public JournalException? Trouble => _trouble;

    /// <summary>Told when <see cref="Trouble"/> comes, changes or goes.</summary>
    public Action<JournalException?>? TroubleChanged { get; set; }

    /// <summary>Queues statements that are stored together or not at all.</summary>
    /// <param name="statements">What to store; none only asks whether the writer is at work.</param>
    /// <param name="cancellation">Takes the write back as long as it waits for its turn.</param>
    public JournalWrite Enqueue(IReadOnlyList<JournalStatement> statements, CancellationToken cancellation)
    {
        var write = new JournalWrite(statements, cancellation);
        if (!_queue.Writer.TryWrite(write))
        {
            write.Decide(new(JournalFault.Overloaded, _running.IsCompleted ? "the journal is closed" : "too many writes wait for the journal already"));
        }

        return write;
    }

    /// <summary>Stores statements together or not at all.</summary>
    /// <exception cref="JournalException">They are not stored, or that is uncertain.</exception>
    public async Task WriteAsync(IReadOnlyList<JournalStatement> statements, CancellationToken cancellation)
    {
        if (await Enqueue(statements, cancellation).Decided.WaitAsync(cancellation).ConfigureAwait(false) is { } fault)
        {
            throw fault;
        }
    }

    /// <summary>
    /// Looks whether events could be stored now: the writer must take its turn, the database must answer, and after a failed write a new one, which changes nothing, must succeed.
    /// </summary>
    /// <returns>What is wrong, or null.</returns>
    public async Task<JournalException?> CheckAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(_patience);
        try
        {
            var fault = await Enqueue(_trouble is null ? [] : [JournalSql.Touch], patience.Token).Decided.WaitAsync(patience.Token).ConfigureAwait(false);
            if (fault is null)
            {
                await _database.QueryAsync(JournalSql.Last, row => row.GetInt64(0), patience.Token).ConfigureAwait(false);
            }

            return fault;
        }
        catch (JournalException e)
        {
            return e;
        }
        catch (OperationCanceledException)
        {
            return _trouble ?? new(JournalFault.TimedOut, "the journal did not answer in time");
        }
    }

    /// <summary>Stores what waits, and closes the database.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _running.ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        var batch = new List<JournalWrite>();
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            Take(batch);
            if (batch.Count > 0)
            {
                var trouble = await CommitAsync(batch).ConfigureAwait(false);
                foreach (var write in batch)
                {
                    write.Decide(write.Fault ?? trouble);
                }

                batch.Clear();
            }
        }
    }

    /// <summary>Takes what waits, up to the size of a transaction, and at least one write.</summary>
    private void Take(List<JournalWrite> batch)
    {
        var statements = 0;
        while (_queue.Reader.TryPeek(out var next) && (batch.Count == 0 || statements + next.Statements.Count <= _maxBatch) && _queue.Reader.TryRead(out var write))
        {
            if (write.IsTakenBack)
            {
                write.Decide(new(JournalFault.Overloaded, "the write was taken back before its turn came"));
            }
            else if (write.Statements.Count == 0)
            {
                write.Decide(null);
            }
            else
            {
                batch.Add(write);
                statements += write.Statements.Count;
            }
        }
    }

    /// <summary>Stores a batch. Never throws: with this loop the journal would end.</summary>
    private async Task<JournalException?> CommitAsync(List<JournalWrite> batch)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            await _database.CommitAsync(batch, CancellationToken.None).ConfigureAwait(false);
            NodeInstruments.Committed(batch.Count, isStored: true, Stopwatch.GetElapsedTime(began));
            return Report(null);
        }
        catch (JournalException e)
        {
            NodeInstruments.Committed(batch.Count, isStored: false, Stopwatch.GetElapsedTime(began));
            return Report(e);
        }
    }

    private JournalException? Report(JournalException? trouble)
    {
        var before = _trouble;
        _trouble = trouble;
        if (before?.Fault != trouble?.Fault)
        {
            TroubleChanged?.Invoke(trouble);
        }

        return trouble;
    }
}
