using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;
using static DeCloud.NodeAgent.Actors.Vms.DomainMessages;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>
/// One VM. Everything that happens is turned by <see cref="VmLife"/> into events, which are stored in one write; only then is the answer sent and the next step taken.
/// Nothing is awaited and nothing is stashed while a step runs, so a change of mind is heard at once.
/// </summary>
internal sealed class VmActor : ReceivePersistentActor, IWithTimers
{
    private const int SnapshotEvery = 30;
    private static readonly TimeSpan PanicTold = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TombstoneRest = TimeSpan.FromSeconds(30);

    private readonly VmId _id;
    private readonly VmEnvironment _environment;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly OperationWaiters _waiters;
    private readonly OperationSpans _spans = new();
    private VmState _state;
    private IActorRef _domain = ActorRefs.Nobody;
    private IHypervisorSession? _session;
    private ProgressResource? _progress;
    private IReadOnlyList<string> _addresses = [];
    private bool _isReconciled;
    private DateTimeOffset? _panickedAt;
    private long _lastLook;
    private long _lastSnapshot;

    public VmActor(VmId id, VmEnvironment environment)
    {
        _id = id;
        _environment = environment;
        _state = new(id);
        _waiters = new(this, number => new VmReply.Operation(_state.ViewOperation(number, _progress)!));
        PersistenceId = PersistenceIdOf(id);

        Recover<SnapshotOffer>(offer =>
        {
            _state = (VmState)offer.Snapshot;
            _lastSnapshot = offer.Metadata.SequenceNr;
        });
        Recover<IVmEvent>(@event => _state = _state.Apply(@event));
        Recover<RecoveryCompleted>(_ => Begin());

        Command<Initialize>(Come);
        Command<VmCommands.Change>(change => Commit(VmLife.Change(_state, environment.Policy, change, Now), Sender, change.Trace));
        Command<VmQueries.Get>(_ => Sender.Tell(_state.Spec is null ? NotFound() : new VmReply.Found(View())));
        Command<VmQueries.GetOperation>(Answer);
        Command<VmQueries.FindOperation>(query => Answer(new VmQueries.GetOperation(query.VmId, _state.Operations.FindLast(o => o.Request.Id == query.RequestId)?.Number ?? 0, TimeSpan.Zero)));

        Command<SessionUp>(ComeUp);
        Command<SessionLost>(_ => GoDown());
        Command<Hint>(_ => _domain.Tell(LookNow.Instance));
        Command<GuestPanicked>(_ => Panicked());
        Command<GuestRebooted>(_ => Commit(VmLife.Rebooted(_state, environment.Policy, Now)), _ => _state.Spec is not null && !_state.IsTombstoned);
        Command<AddressesSeen>(seen => ShowAddresses(seen.Addresses));
        Command<Looked>(looked => Commit(VmLife.Seen(_state, environment.Policy, Blamed(looked.Look).Status, Now)), IsNews);

        Command<Taken>(taken => Commit(VmLife.StepCompleted(_state, environment.Policy, taken.Number, taken.Image, Newest(taken.Looked), Now, taken.Along)));
        Command<NotTaken>(notTaken => Commit(VmLife.StepFailed(_state, environment.Policy, notTaken.Number, notTaken.Failure, Newest(notTaken.Looked), Now)));
        Command<Progress>(progress => ShowProgress(progress));
        Command<Terminated>(_ => ReplaceDomain());

        Command<RestartActor>(Restart);
        Command<Wake>(_ => Commit(VmLife.Woken(_state, environment.Policy, Now)));
        Command<OperationWaiters.Over>(_waiters.End);
        Command<ReceiveTimeout>(_ => Context.Stop(Self));
        Command<SaveSnapshotSuccess>(_ => { });
        Command<SaveSnapshotFailure>(failure => _log.Warning("Snapshot of {0} failed: {1}", PersistenceId, failure.Cause.Message));
        Command<Looked>(_ => { });
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    public static string PersistenceIdOf(VmId id) => $"vm-{id}";

    protected override void PostStop()
    {
        _spans.EndAll();
        base.PostStop();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        // Akka stops this actor next; its parent starts it again and the journal decides what was stored.
        _log.Error(cause, "Event {0} of {1} could not be stored", sequenceNr, PersistenceId);
        Sender.Tell(new VmReply.Refused(JournalFailure(cause)));
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "Event {0} of {1} was rejected", sequenceNr, PersistenceId);
        Sender.Tell(new VmReply.Refused(JournalFailure(cause)));
        Context.Stop(Self);
    }

    /// <summary>A write that failed may have been stored all the same, when only its confirmation was lost: nobody is told more than is known.</summary>
    internal static Failure JournalFailure(Exception cause) => new(
        FailureCodes.JournalUnavailable,
        $"The journal did not confirm the request: {cause.Message}. Check the state folder's file system, then send the request again under the same Idempotency-Key: it is carried out once.",
        false);

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void Begin()
    {
        _domain = StartDomain();
        if (_state.Spec is null)
        {
            return;
        }

        if (_state.IsTombstoned)
        {
            // The agent may have been killed before its parent had stored this. Otherwise only somebody who asks for its last operation wakes a VM that is gone.
            Context.Parent.Tell(new VmNews.Gone(_id));
            Context.SetReceiveTimeout(TombstoneRest);
            return;
        }

        Commit(VmLife.Recover(_state, _environment.Policy, Now));
        Context.Parent.Tell(new VmNews.Recovered(_id));
    }

    private void Come(Initialize initialize)
    {
        Commit(VmLife.Create(_state, _environment.Policy, initialize.Command, initialize.IsKnownAbsent, Now), Sender, initialize.Command.Trace);
        if (!initialize.IsKnownAbsent)
        {
            _domain.Tell(LookNow.Instance);
        }
    }

    private IActorRef StartDomain()
    {
        var domain = Context.Watch(Context.ActorOf(Props.Create(() => new DomainActor(_id, _environment)), "domain"));
        domain.Tell(new UseSession(_session));
        return domain;
    }

    private void ReplaceDomain()
    {
        NodeInstruments.Restarted("domain");
        _domain = StartDomain();
        if (_state.Step is { } step)
        {
            Commit(VmLife.StepFailed(_state, _environment.Policy, step.Number, new(FailureCodes.HostError, "The step was lost by a fault of the agent; the log has the details.", false), null, Now));
        }
    }

    /// <summary>Stores what follows and only then lets it be seen and done.</summary>
    private void Commit(VmTurn turn, IActorRef? asker = null, ActivityContext trace = default)
    {
        if (turn.Refusal is { } refusal)
        {
            asker?.Tell(new VmReply.Refused(refusal));
            return;
        }

        if (turn.Events.IsEmpty)
        {
            Settle(turn, asker, trace);
            return;
        }

        var left = turn.Events.Count;
        PersistAll(turn.Events, _ =>
        {
            if (--left == 0)
            {
                _environment.Written.Set();
                Settle(turn, asker, trace);
            }
        });
    }

    private void Settle(VmTurn turn, IActorRef? asker, ActivityContext trace)
    {
        var before = _state;
        _state = turn.After;
        if (before.Step?.Number != _state.Step?.Number)
        {
            _progress = null;
        }

        _spans.Accepted(_state, turn.Operation, trace);
        if (turn.Run is { } step)
        {
            _domain.Tell(new Take(step, _state.Spec!, _state.Image) { Trace = _spans.Latest });
        }
        else if (before.Step is not null && _state.Step is null)
        {
            _domain.Tell(Abandon.Instance);
        }

        foreach (var ended in _state.Operations.Where(o => o.EndedAt is not null && before.Operations.Exists(b => b.Number == o.Number && b.EndedAt is null)))
        {
            NodeInstruments.OperationEnded(VmWords.OperationKind(ended.What), ended.Status, ended.EndedAt!.Value - ended.AcceptedAt);
        }

        _spans.EndOver(_state);
        Publish(before);
        asker?.Tell(new VmReply.Accepted(_state.ViewOperation(turn.Operation, _progress)!, View()));
        _waiters.EndWhere(number => !IsRunning(number));
        SetWake();
        SaveSnapshotWhenDue();
    }

    private void Publish(VmState before)
    {
        if (_state.IsTombstoned)
        {
            _environment.Board.Remove(_id);
            _environment.Operations.Remove(PersistenceId);
            if (!before.IsTombstoned)
            {
                Context.Parent.Tell(new VmNews.Gone(_id));
                Context.SetReceiveTimeout(TombstoneRest);
            }

            return;
        }

        if (_state.Spec is not null)
        {
            _environment.Board.Publish(_id, View());
            var (state, progress) = (_state, _progress);
            _environment.Operations.Publish(PersistenceId, () => state.Operations.Select(o => state.ViewOperation(o.Number, progress)!));
        }

        if (!_isReconciled && _state.Reality.State != PowerState.Unknown)
        {
            _isReconciled = true;
            Context.Parent.Tell(new VmNews.Reconciled(_id));
        }
    }

    private void SetWake()
    {
        Timers.Cancel(nameof(Wake));
        if (VmPlan.WakeAt(_state, _environment.Policy) is not { } at)
        {
            return;
        }

        var pause = at - Now;
        if (pause > TimeSpan.Zero)
        {
            Timers.StartSingleTimer(nameof(Wake), Wake.Instance, pause);
        }
        else if (VmPlan.Next(_state, _environment.Policy, Now) is not null)
        {
            // The time came while the events were being stored.
            Self.Tell(Wake.Instance);
        }
    }

    private void SaveSnapshotWhenDue()
    {
        if (_state.Step is null && LastSequenceNr - _lastSnapshot >= SnapshotEvery)
        {
            _lastSnapshot = LastSequenceNr;
            SaveSnapshot(_state);
        }
    }

    private void ComeUp(SessionUp up)
    {
        _session = up.Session;
        _domain.Tell(new UseSession(up.Session));
        if (_state.Spec is null || _state.IsTombstoned)
        {
            return;
        }

        if (up.IsListed)
        {
            Commit(VmLife.Seen(_state, _environment.Policy, up.Status, Now));
        }
        else
        {
            _domain.Tell(LookNow.Instance);
        }
    }

    private void GoDown()
    {
        _session = null;
        _domain.Tell(new UseSession(null));
        _addresses = [];
        _isReconciled = false;
        if (_state.Spec is not null && !_state.IsTombstoned)
        {
            Commit(VmLife.HypervisorLost(_state, _environment.Policy, Now));
        }
    }

    private bool IsNews(Looked looked)
    {
        if (_state.Spec is null || _state.IsTombstoned || _session is null || looked.Order <= _lastLook)
        {
            return false;
        }

        _lastLook = looked.Order;
        return true;
    }

    private Look? Newest(Looked? looked) => looked is not null && IsNews(looked) ? Blamed(looked.Look) : null;

    private void Panicked()
    {
        _panickedAt = Now;
        _domain.Tell(LookNow.Instance);
    }

    /// <summary>A guest that panicked is soon a domain whose QEMU "crashed"; only the event before told the difference.</summary>
    private Look Blamed(Look look) =>
        look.Status is { State: PowerState.Stopped, Reason: PowerReason.Crashed } status && _panickedAt is { } at && Now - at < PanicTold
            ? new(status with { Reason = PowerReason.GuestPanicked })
            : look;

    private void ShowAddresses(IReadOnlyList<string> addresses)
    {
        _addresses = addresses;
        Publish(_state);
    }

    private void ShowProgress(Progress progress)
    {
        if (_state.Step?.Number == progress.Number)
        {
            _progress = new(progress.State.DoneBytes, progress.State.TotalBytes);
            Publish(_state);
        }
    }

    private void Restart(RestartActor restart)
    {
        if (_state.Step is not null)
        {
            Sender.Tell(new RestartReply(RestartRule.Busy("a step of the VM")));
            return;
        }

        if (restart.StoredAt is not { } storedAt)
        {
            Context.Parent.Forward(new RestartFound(restart));
            return;
        }

        Context.System.EventStream.Publish(new RestartBegun(restart.Path, restart.By, storedAt));
        Context.Parent.Tell(new VmNews.Resting(_id));
        Context.Stop(Self);
        Sender.Tell(new RestartReply(null));
    }

    private void Answer(VmQueries.GetOperation query)
    {
        if (_state.ViewOperation(query.Number, _progress) is not { } operation)
        {
            Sender.Tell(new VmReply.Refused(new(FailureCodes.OperationNotFound, "There is no such operation, or it is too long ago.", true)));
        }
        else if (query.Wait <= TimeSpan.Zero || !IsRunning(query.Number))
        {
            Sender.Tell(new VmReply.Operation(operation));
        }
        else
        {
            _waiters.Add(query.Number, Sender, query.Wait);
        }
    }

    private bool IsRunning(long number) => _state.Operations.Exists(o => o.Number == number && o.Status == OperationStatus.Running);

    private VmResource View() => _state.View(_progress, _addresses);

    private static VmReply.Refused NotFound() => new(new(FailureCodes.VmNotFound, "There is no such VM.", true));

    /// <summary>Come into being. Sent by the parent again after a restart until the VM has it in its journal.</summary>
    internal sealed record Initialize(VmCommands.Create Command, bool IsKnownAbsent);

    /// <summary>A session is up. <paramref name="Status"/> is the domain in its first list, null when it was not there; without a list the VM looks by itself.</summary>
    internal sealed record SessionUp(IHypervisorSession Session, bool IsListed, DomainStatus? Status);

    /// <summary>There is no session.</summary>
    internal sealed record SessionLost
    {
        public static readonly SessionLost Instance = new();
    }

    /// <summary>Something happened to the domain, or may have.</summary>
    internal sealed record Hint
    {
        public static readonly Hint Instance = new();
    }

    /// <summary>The guest rebooted.</summary>
    internal sealed record GuestRebooted
    {
        public static readonly GuestRebooted Instance = new();
    }

    /// <summary>The guest's kernel panicked.</summary>
    internal sealed record GuestPanicked
    {
        public static readonly GuestPanicked Instance = new();
    }

    /// <summary>The guest has these addresses.</summary>
    internal sealed record AddressesSeen(IReadOnlyList<string> Addresses);

    private sealed record Wake
    {
        public static readonly Wake Instance = new();
    }
}

/// <summary>What a VM tells its parent.</summary>
internal static class VmNews
{
    /// <summary>Its journal is replayed.</summary>
    public sealed record Recovered(VmId VmId);

    /// <summary>It has been compared with libvirt.</summary>
    public sealed record Reconciled(VmId VmId);

    /// <summary>It stops, because an operator asked for it to be started again.</summary>
    public sealed record Resting(VmId VmId);

    /// <summary>Nothing is left of it.</summary>
    public sealed record Gone(VmId VmId);
}
