using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>
/// The node's dealings with an HTTP orchestrator: registers, reports, takes commands and tells their results. What it has taken on is in the journal before it is acted on, and what came
/// of it before it is told, so that an agent that is killed at any moment goes on where it was. An orchestrator that is away changes nothing for VMs.
/// </summary>
internal sealed partial class Heartbeat : ReceivePersistentActor, IWithTimers
{
    private const int SnapshotEvery = 200;

    private readonly OrchestratorParts _parts;
    private readonly OrchestratorSettings _settings;
    private readonly VmBoard _board;
    private readonly JournalSignal _written;
    private readonly NodeGaugeBoard _gauges;
    private readonly IActorRef _node = Context.Parent;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _end = new();
    private readonly DateTimeOffset _startedAt = Now;
    private OrchestrationState _state = new();
    private OrchestratorLink _link;
    private NodeCredentials? _credentials;
    private long _lastSnapshot;

    public Heartbeat(OrchestratorParts parts, VmBoard board, JournalSignal written, NodeGaugeBoard gauges)
    {
        _parts = parts;
        _settings = parts.Settings;
        _board = board;
        _written = written;
        _gauges = gauges;
        _link = new() { CanProve = parts.Settings.CanProve };

        Recover<SnapshotOffer>(offer =>
        {
            _state = (OrchestrationState)offer.Snapshot;
            _lastSnapshot = offer.Metadata.SequenceNr;
        });
        Recover<IOrchestrationEvent>(@event => _state = _state.Apply(@event));
        Recover<RecoveryCompleted>(_ => Begin());

        Command<OrchestratorQueries.Get>(_ => Sender.Tell(new OrchestratorReply.Status(View())));
        Command<OrchestratorCommands.Login>(Wish);
        Command<OrchestratorCommands.Pushed>(HearPush);
        Command<DoubtOver>(EndDoubt);

        Command<KeyRead>(UseKey);
        Command<LinkDue>(_ => TakeStep());
        Command<LinkStepped>(Stepped);

        Command<PollDue>(_ => Poll());
        Command<Polled>(EndPoll);
        Command<PayloadsKept>(Kept);

        Command<Retry>(retry => Again(retry.Id));
        Command<Attempted>(AfterAttempt);
        Command<Watched>(AfterWatch);

        Command<DeliveryDue>(_ => Deliver());
        Command<DeliveryEnded>(AfterDelivery);
        Command<OriginKnown>(Quarantine);

        Command<SaveSnapshotSuccess>(_ => { });
        Command<SaveSnapshotFailure>(failure => _log.Warning("Snapshot of the dealings with the orchestrator failed: {0}", failure.Cause.Message));
        Command<Nothing>(_ => { });
    }

    public override string PersistenceId => "orchestrator";

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    protected override void PostStop()
    {
        _end.Cancel();
        _end.Dispose();
        base.PostStop();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "Event {0} of the dealings with the orchestrator could not be stored", sequenceNr);
        Sender.Tell(new OrchestratorReply.Refused(VmActor.JournalFailure(cause)));
    }

    private void Begin()
    {
        _link = _link with { IsLoginWished = _state.IsLoginWished };
        var known = _parts.Issued is null && _state.RegisteredBy == _settings.By ? _state.NodeId : null;
        var open = _state.Open.Where(c => c.Stage == CommandStage.Received).Select(c => c.Command.Id).ToHashSet(StringComparer.Ordinal);
        var (vault, issued, end) = (_parts.Vault, _parts.Issued, _end.Token);
        ReadAsync().PipeTo(Self, success: credentials => new KeyRead(credentials, null), failure: cause => new KeyRead(issued, cause.Message));

        async Task<NodeCredentials?> ReadAsync()
        {
            await vault.SweepPayloadsAsync(open, end).ConfigureAwait(false);
            return known is not null && await vault.ReadKeyAsync(end).ConfigureAwait(false) is { } key ? new(known, key) : issued;
        }
    }

    private void UseKey(KeyRead read)
    {
        if (read.Problem is { } problem)
        {
            _log.Warning("What was kept of the dealings with the orchestrator could not be read: {0}", problem);
        }

        _credentials = read.Credentials;
        _link = _credentials is null ? _link with { NextAt = Now } : _link.Registered(Now);
        ShowGauges();
        TakeStep();
        // What was taken on before goes on whether or not the orchestrator is there.
        Drive();
    }

    private void Wish(OrchestratorCommands.Login login) => Store([new OrchestrationEvents.LoginWished(login.IsWished, Now)], () =>
    {
        _link = _link.Wished(Now, login.IsWished);
        Sender.Tell(new OrchestratorReply.Status(View()));
        TakeStep();
    });

    /// <summary>Stores events and only then goes on.</summary>
    private void Store(List<IOrchestrationEvent> events, Action then)
    {
        if (events.Count == 0)
        {
            then();
            return;
        }

        var left = events.Count;
        PersistAll(events, @event =>
        {
            _state = _state.Apply(@event);
            if (--left > 0)
            {
                return;
            }

            _written.Set();
            then();
            ShowGauges();
            if (LastSequenceNr - _lastSnapshot >= SnapshotEvery)
            {
                _lastSnapshot = LastSequenceNr;
                SaveSnapshot(_state);
            }
        });
    }

    private void ShowGauges() => _gauges.Publish(View());

    private OrchestratorResource View() => new()
    {
        State = _link.State,
        Url = _settings.BaseUrl.ToString(),
        NodeId = _credentials?.NodeId ?? _state.NodeId,
        LoginWished = _state.IsLoginWished,
        SchedulingReady = _link.IsSchedulingReady,
        LastReportAt = _link.LastBeatAt,
        NextTryAt = _link.NextAt,
        Failures = _link.Failures,
        Reason = _link.Reason,
        LoginReason = _link.LoginReason,
        CommandsReceived = _state.Received,
        CommandsOpen = _state.Open.Count(),
        Outbox = _state.Outbox(_settings.By).Count(),
        ResultsTold = _state.Told,
        QuarantinedVms = [.. _state.Quarantined.Keys.Select(id => id.Value).Order()],
    };

    private sealed record KeyRead(NodeCredentials? Credentials, string? Problem);

    private sealed record Nothing
    {
        public static readonly Nothing Instance = new();
    }
}

/// <summary>Stands where <see cref="Heartbeat"/> would, when no orchestrator is configured.</summary>
internal sealed class NoHeartbeat : ReceiveActor
{
    private static readonly OrchestratorReply.Refused None =
        new(new Failure(FailureCodes.NoOrchestrator, "No orchestrator is configured. Set Orchestrator:BaseUrl and restart the agent.", true));

    public NoHeartbeat()
    {
        Receive<OrchestratorQueries.Get>(_ => Sender.Tell(new OrchestratorReply.Status(new()
        {
            State = "off",
            LoginWished = false,
            Failures = 0,
            CommandsReceived = 0,
            CommandsOpen = 0,
            Outbox = 0,
            ResultsTold = 0,
            QuarantinedVms = [],
        })));
        Receive<IOrchestratorMessage>(_ => Sender.Tell(None));
    }
}
