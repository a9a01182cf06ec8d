using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Data.Common;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Event;
using Akka.Persistence;
using Akka.Persistence.Journal;
using DeCloud.NodeAgent.Actors.Serialization;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>How the journal reaches the actors that Akka.Persistence starts.</summary>
internal sealed class JournalSetup(JournalDatabase database, JournalWriter writer) : Setup
{
    public JournalDatabase Database => database;

    public JournalWriter Writer => writer;

    public static JournalSetup Of(ActorSystem system) => system.Settings.Setup.Get<JournalSetup>() is { HasValue: true } setup
        ? setup.Value
        : throw new InvalidOperationException($"The actor system has no journal; {nameof(JournalHosting)} gives it one.");
}

/// <summary>The events of persistent actors, in <see cref="JournalDatabase"/>.</summary>
internal sealed class DatabaseJournal : AsyncWriteJournal
{
    private const int ReplayBatch = 500;

    private readonly JournalSetup _journal = JournalSetup.Of(Context.System);
    private readonly Akka.Serialization.Serialization _serialization = Context.System.Serialization;
    private readonly IScheduler _clock = Context.System.Scheduler;
    private readonly ILoggingAdapter _log = Context.GetLogger();

    /// <summary>The last write of each subject, until it is known what became of it.</summary>
    private readonly ConcurrentDictionary<string, JournalWrite> _undecided = new();

    /// <inheritdoc/>
    public override async Task<PersistenceHealthCheckResult> CheckHealthAsync(CancellationToken cancellationToken = default)
    {
        var trouble = await _journal.Writer.CheckAsync(cancellationToken).ConfigureAwait(false);
        return trouble is null
            ? await base.CheckHealthAsync(cancellationToken).ConfigureAwait(false)
            : new(PersistenceHealthStatus.Unhealthy, $"Events cannot be stored: {trouble.Message}.", trouble, null);
    }

    /// <inheritdoc/>
    public override async Task ReplayMessagesAsync(IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max, Action<IPersistentRepresentation> recoveryCallback)
    {
        var (from, left) = (fromSequenceNr, max);
        while (left > 0 && from <= toSequenceNr)
        {
            var limit = (int)Math.Min(left, ReplayBatch);
            // Akka gives no token here; the database has a deadline of its own.
            var events = await _journal.Database.QueryAsync(JournalSql.ReadOne(persistenceId, from, toSequenceNr, limit), Event, CancellationToken.None).ConfigureAwait(false);
            foreach (var @event in events)
            {
                recoveryCallback(@event);
            }

            if (events.Count < limit)
            {
                return;
            }

            (from, left) = (events[^1].SequenceNr + 1, left - events.Count);
        }
    }

    /// <inheritdoc/>
    /// <remarks>An actor that starts again may have a write under way. Its numbers must not be given twice, so what becomes of it is waited for.</remarks>
    public override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr, CancellationToken cancellationToken)
    {
        if (_undecided.TryGetValue(persistenceId, out var write))
        {
            await write.Decided.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        await _journal.Database.SettleAsync(cancellationToken).ConfigureAwait(false);
        return (await _journal.Database.QueryAsync(JournalSql.Highest(persistenceId), row => row.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
    }

    /// <inheritdoc/>
    protected override void PreStart()
    {
        base.PreStart();
        _journal.Writer.TroubleChanged = trouble =>
        {
            if (trouble is null)
            {
                _log.Info("Events are stored again");
            }
            else
            {
                _log.Error(trouble, "Events cannot be stored: {0}", trouble.Message);
            }
        };
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Several atomic writes come together when an actor persisted more than once meanwhile. They are stored together: an event must not be stored where one before it failed.
    /// </remarks>
    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var statements = new List<JournalStatement>();
        var rejected = ImmutableList.CreateBuilder<Exception?>();
        var persistenceId = "";
        foreach (var message in messages)
        {
            persistenceId = message.PersistenceId;
            rejected.Add(TrySerialize((IImmutableList<IPersistentRepresentation>)message.Payload, statements));
        }

        if (statements.Count > 0)
        {
            await StoreAsync(persistenceId, statements, cancellationToken).ConfigureAwait(false);
        }

        return rejected.ToImmutable();
    }

    /// <inheritdoc/>
    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr, CancellationToken cancellationToken) =>
        _journal.Writer.WriteAsync(JournalSql.Delete(persistenceId, toSequenceNr), cancellationToken);

    private async Task StoreAsync(string persistenceId, List<JournalStatement> statements, CancellationToken cancellation)
    {
        var write = _journal.Writer.Enqueue(statements, cancellation);
        _undecided[persistenceId] = write;
        _ = ForgetAsync(persistenceId, write);
        if (await write.Decided.WaitAsync(cancellation).ConfigureAwait(false) is { } fault)
        {
            throw fault;
        }
    }

    private async Task ForgetAsync(string persistenceId, JournalWrite write)
    {
        await write.Decided.ConfigureAwait(false);
        _undecided.TryRemove(new(persistenceId, write));
    }

    /// <summary>Adds the events of one atomic write, all or none.</summary>
    /// <returns>Why none was added, or null.</returns>
    private SerializationException? TrySerialize(IImmutableList<IPersistentRepresentation> events, List<JournalStatement> statements)
    {
        var before = statements.Count;
        try
        {
            var now = _clock.Now.UtcTicks;
            foreach (var @event in events)
            {
                var (bytes, manifest) = JournalSerializer.Write(_serialization, @event.Payload);
                statements.Add(JournalSql.Insert(
                    @event.Timestamp == 0 ? now : @event.Timestamp, @event.PersistenceId, @event.SequenceNr, bytes, manifest, JournalSerializer.Number, @event.WriterGuid ?? ""));
            }

            return null;
        }
#pragma warning disable CA1031 // Whatever a serializer throws, the event is refused and not the journal's fault.
        catch (Exception e)
#pragma warning restore CA1031
        {
            statements.RemoveRange(before, statements.Count - before);
            return e as SerializationException ?? new SerializationException($"An event could not be serialized: {e.Message}", e);
        }
    }

    private IPersistentRepresentation Event(DbDataReader row)
    {
        var stored = StoredEvent.Read(row);
        return new Persistent(
            _serialization.Deserialize(stored.Message, stored.Serializer, stored.Manifest), stored.Sequence, stored.PersistenceId, stored.Manifest, false, ActorRefs.NoSender, stored.Writer, stored.Created);
    }
}
