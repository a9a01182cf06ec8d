using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Actors.Warnings;

/// <summary>
/// Looks every few seconds at what the agent knows, and keeps what is wrong as warnings: when each appeared, how often, and who has seen it. It asks the other parts by messages whose
/// answers it takes when they come, so that it waits for nobody; and while the journal itself is the trouble, it goes on without it.
/// </summary>
internal sealed class WarningKeeper : ReceivePersistentActor, IWithTimers
{
    private const int SnapshotEvery = 50;
    private const int LooksAJournalCheck = 6;
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan JournalDeadline = TimeSpan.FromSeconds(10);

    private readonly NodeParts _node;
    private readonly WarningParts _parts;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly WarningWatch _watch = new();
    private readonly Incidents _incidents = new();
    private readonly HashSet<string> _unstored = new(StringComparer.Ordinal);
    private readonly Action<string, SupervisionResource> _noted;
    private WarningState _state = new();
    private NodeFacts _facts = new();
    private string? _journalTrouble;
    private int _looks;

    public WarningKeeper(NodeParts node, WarningParts parts)
    {
        _node = node;
        _parts = parts;
        var self = Self;
        _noted = (path, entry) =>
        {
            if (entry.Kind == "failed")
            {
                self.Tell(new ActorFailed(path, entry.Cause ?? ""));
            }
        };

        Recover<SnapshotOffer>(offer => _state = (WarningState)offer.Snapshot);
        Recover<IWarningEvent>(@event => _state = _state.Apply(@event));
        Recover<RecoveryCompleted>(_ => Begin());

        Command<Look>(_ => LookAround());
        Command<NodeResource>(seen => _facts = _facts with { Node = seen });
        Command<OverlayReply.Shown>(seen => _facts = _facts with { WireGuard = seen.WireGuard });
        Command<OrchestratorReply.Status>(seen => _facts = _facts with { Orchestrator = seen.Resource });
        Command<ImageReply.Listed>(seen => _facts = _facts with { Images = seen.Images });
        Command<JournalChecked>(check => _journalTrouble = check.Trouble);
        Command<PacketFilterTouched>(_ => _incidents.AddPacketFilterChange(Now));
        Command<ActorFailed>(failed => _incidents.AddFailure(failed.Path, failed.Cause, Now));
        Command<WarningCommands.Acknowledge>(command => Change(command, new WarningEvents.Acknowledged(command.Id, command.By, command.Note, Now)));
        Command<WarningCommands.Unacknowledge>(command => Change(command, new WarningEvents.Unacknowledged(command.Id, command.By, Now)));
        Command<SaveSnapshotSuccess>(done => DeleteSnapshots(new(done.Metadata.SequenceNr - 1)));
        Command<SaveSnapshotFailure>(failure => _log.Warning("Snapshot of the warnings failed: {0}", failure.Cause.Message));
        CommandAny(_ => { });
    }

    public override string PersistenceId => "warnings";

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(PacketFilterTouched));
        _parts.Supervision.Noted += _noted;
        base.PreStart();
    }

    protected override void PostStop()
    {
        _parts.Supervision.Noted -= _noted;
        base.PostStop();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        // Akka stops this actor next; it is raised again and finds the trouble by itself.
        _log.Error(cause, "Event {0} of the warnings could not be stored", sequenceNr);
        Sender.Tell(new WarningReply.Refused(VmActor.JournalFailure(cause)));
    }

    private void Begin()
    {
        Publish();
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, TimeSpan.Zero, LooksEvery);
    }

    private void LookAround()
    {
        Ask();
        var facts = _facts with
        {
            At = Now,
            Vms = [.. _node.Board.Current.Values],
            Isolation = _node.Network?.Board.Current.Isolation,
            PacketFilterReason = _node.Network?.Board.Current.Unavailable?.Message,
            PacketFilterChanges = _incidents.PacketFilterChanges(Now),
            Snapshot = _parts.Resources.Snapshot,
            Remote = _node.Gauges.Remote,
            JournalTrouble = _journalTrouble,
            FailingActors = _incidents.FailingActors(Now),
            ExposedAddress = _parts.ExposedAddress,
        };
        var events = _watch.Look(_state, WarningRules.Look(facts), Now).ToList();
        if (_journalTrouble is null && _unstored.Count > 0)
        {
            events.AddRange(_unstored.Where(id => _state.Warnings.GetValueOrDefault(id) is { IsActive: true } && !events.Exists(e => e.Id == id)).Select(Again));
            _unstored.Clear();
        }

        Commit(events, null);
    }

    /// <summary>What was raised while nothing could be stored.</summary>
    private WarningEvents.Raised Again(string id)
    {
        var w = _state.Warnings[id];
        return new(id, w.Kind, w.Severity, w.Subject, w.Title, w.Detail, Now);
    }

    private void Ask()
    {
        Context.Parent.Tell(new NodeQueries.Get());
        Context.Parent.Tell(new OverlayQueries.Get());
        Context.Parent.Tell(new OrchestratorQueries.Get());
        Context.Parent.Tell(new ImageQueries.List());
        if (_looks++ % LooksAJournalCheck == 0)
        {
            Task.Run(CheckJournalAsync).PipeTo(Self, failure: cause => new JournalChecked(cause.Message));
        }
    }

    private async Task<JournalChecked> CheckJournalAsync()
    {
        using var deadline = new CancellationTokenSource(JournalDeadline);
        return new(await _parts.JournalTroubleAsync(deadline.Token).ConfigureAwait(false));
    }

    private void Change(IWarningMessage command, IWarningEvent @event)
    {
        if (!_state.Warnings.ContainsKey(command.Id))
        {
            Sender.Tell(new WarningReply.Refused(new(FailureCodes.WarningNotFound, $"There is no warning '{command.Id}', or it ended too long ago.", true)));
        }
        else if (_journalTrouble is { } trouble)
        {
            Sender.Tell(new WarningReply.Refused(new(FailureCodes.JournalUnavailable, $"It can't be stored: {trouble}", false)));
        }
        else
        {
            Commit([@event], Sender);
        }
    }

    private void Commit(List<IWarningEvent> events, IActorRef? asker)
    {
        if (events.Count == 0)
        {
            Publish();
        }
        else if (_journalTrouble is not null)
        {
            foreach (var @event in events)
            {
                _unstored.Add(@event.Id);
                Apply(@event);
            }

            Publish();
        }
        else
        {
            var left = events.Count;
            PersistAll(events, stored =>
            {
                Apply(stored);
                if (--left == 0)
                {
                    _node.Written.Set();
                    Publish();
                    SaveSnapshotWhenDue();
                    asker?.Tell(new WarningReply.Kept(WarningViews.View(_state.Warnings[stored.Id], _watch.LastSeen(stored.Id))));
                }
            });
        }
    }

    private void Apply(IWarningEvent @event)
    {
        if (@event is WarningEvents.Raised raised && _state.Warnings.GetValueOrDefault(raised.Id) is not { IsActive: true })
        {
            if (raised.Severity == WarningSeverity.Info)
            {
                _log.Info("Warning {0}: {1}. {2}", raised.Id, raised.Title, raised.Detail);
            }
            else
            {
                _log.Warning("Warning {0}: {1}. {2}", raised.Id, raised.Title, raised.Detail);
            }
        }

        _state = _state.Apply(@event);
    }

    private void Publish() => _parts.Board.Publish(WarningViews.All(_state, _watch));

    private void SaveSnapshotWhenDue()
    {
        if (LastSequenceNr % SnapshotEvery == 0)
        {
            SaveSnapshot(_state);
        }
    }

    private sealed record JournalChecked(string? Trouble);

    private sealed record ActorFailed(string Path, string Cause);

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }
}
