using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>
/// The one actor that orchestrators reach. Serves one session at a time: takes its commands, sends it events and heartbeats, and falls silent when it is silent. Keeps nothing that must not
/// be lost: when it falls, or its whole actor system, the orchestrator attaches again and the core system knows the rest.
/// </summary>
internal sealed class OrchestratorGateway : ReceiveActor, IWithTimers
{
    private const int MostInFlight = 256;
    private const int RememberedSessions = 64;
    private static readonly TimeSpan AskDeadline = TimeSpan.FromSeconds(5);

    private readonly GatewayParts _parts;
    private readonly CommandDesk _desk;
    private readonly EventPump _pump;
    private readonly DateTimeOffset _startedAt = Now;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Queue<Guid> _over = new();
    private GatewaySession? _session;
    private bool _isDraining;
    private int _inFlight;

    public OrchestratorGateway(GatewayParts parts)
    {
        _parts = parts;
        _desk = new(parts);
        _pump = new(parts);

        Receive<Attach>(Begin);
        Receive<Following>(Follow);
        Receive<Ack>(Hear);
        Receive<Detach>(_ => End("it detached"), detach => detach.Session == _session?.Attach.Session);
        Receive<IRemoteCommand>(Obey);
        Receive<Taken>(Answer);
        Receive<Happened>(Tell);
        Receive<Reportable>(Tell);
        Receive<Beat>(_ => AskReadiness());
        Receive<ReadinessKnown>(Tell);
        Receive<DrainingKnown>(known => _isDraining = known.IsDraining);
        Receive<FeedFault>(fault => _log.Warning("Events for the orchestrator are interrupted: {0}", fault.Cause.Message));
        Receive<Unintelligible>(what => Refuse(Guid.Empty, new(RefusalCodes.Unintelligible, $"'{what.Manifest}' is not understood: {what.Reason}.", true)));
        Receive<IRemoteMessage>(what => Refuse((what as ISessionMessage)?.Session ?? Guid.Empty, NotAttached()));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    protected override void PostStop()
    {
        _session?.Dispose();
        _parts.Gauges.ChangeRemote(Now, link => link.Ended("the node's side was stopped", Now));
    }

    private void Begin(Attach attach)
    {
        if (_parts.Attaching.Objection(attach) is { } objection)
        {
            Refuse(attach.Session, objection);
        }
        else if (_session is { } session && session.Attach.Session == attach.Session)
        {
            // The answer was lost, or the question came twice.
            session.Heard(Now, attach.SentAt);
            session.Orchestrator.Tell(session.Answer with { IsDraining = _isDraining });
        }
        else if (_over.Contains(attach.Session))
        {
            Refuse(attach.Session, new(RefusalCodes.NotAttached, "The session is over. Attach with a new one.", true));
        }
        else
        {
            var asker = Sender;
            AskToFollowAsync(attach).PipeTo(Self, success: reply => new Following(attach, asker, reply.Reply, reply.LastPlace), failure: cause => new Following(attach, asker, Failed(cause), 0));
        }
    }

    private async Task<(AllegianceReply Reply, long LastPlace)> AskToFollowAsync(Attach attach)
    {
        var reply = await _parts.Node.Ask<AllegianceReply>(new AllegianceCommands.Follow(attach.Orchestrator, attach.Epoch), AskDeadline).ConfigureAwait(false);
        if (reply is not AllegianceReply.Kept)
        {
            return (reply, 0);
        }

        using var deadline = new CancellationTokenSource(AskDeadline);
        return (reply, await _parts.Feed.LastIdAsync(deadline.Token).ConfigureAwait(false));
    }

    private void Follow(Following following)
    {
        var (attach, asker, reply, lastPlace) = following;
        if (reply is AllegianceReply.Refused refused)
        {
            asker.Tell(Refusal(attach.Session, refused.Failure, refused.State?.Epoch ?? 0));
            return;
        }

        if (_session?.Attach.Epoch > attach.Epoch || _over.Contains(attach.Session))
        {
            asker.Tell(Refusal(attach.Session, NotAttached(), _session?.Attach.Epoch ?? 0));
            return;
        }

        _isDraining = ((AllegianceReply.Kept)reply).State.IsDraining;
        _session?.Orchestrator.Tell(Refusal(_session.Attach.Session, new(RefusalCodes.NotAttached, $"'{attach.Orchestrator}' attached in epoch {attach.Epoch}.", false), attach.Epoch));
        End("another session began");
        // A journal that was made anew is shorter than the orchestrator remembers.
        var after = Math.Min(attach.EventsAfter ?? lastPlace, lastPlace);
        var lease = AttachRules.LeaseOf(attach);
        var answer = new Attached(
            attach.Session, _parts.Attaching.Node, AttachRules.VersionOf(attach), attach.Epoch, after, _parts.MaxMessageBytes, (int)lease.TotalSeconds, _parts.AgentVersion, _startedAt, _isDraining);
        var session = new GatewaySession(attach, asker, answer, Now);
        _session = session;
        asker.Tell(answer);
        _parts.Gauges.ChangeRemote(Now, _ => RemoteLink.To(attach.Orchestrator, Now));
        _log.Info("Orchestrator '{0}' attached in epoch {1}; events follow after {2}", attach.Orchestrator, attach.Epoch, after);
        Timers.StartPeriodicTimer(nameof(Beat), Beat.Instance, TimeSpan.Zero, TimeSpan.FromSeconds(attach.HeartbeatSeconds));
        var self = Self;
        var id = attach.Session;
        var ended = session.Ended;
        _ = Task.Run(
            () => _pump.RunAsync(after, session.Credits, (@event, end) => self.Tell(new Happened(id, @event, end)), cause => self.Tell(new FeedFault(cause)), ended),
            CancellationToken.None);
    }

    private void Hear(Ack ack)
    {
        if (_session is { } session && session.Attach.Session == ack.Session)
        {
            session.Heard(Now, ack.SentAt);
            if (ack.EventsThrough is { } place)
            {
                session.Acknowledge(place);
            }
        }
        else
        {
            Refuse(ack.Session, NotAttached());
        }
    }

    private void End(string why)
    {
        if (_session is not { } session)
        {
            return;
        }

        _log.Info("The session of orchestrator '{0}' is over: {1}", session.Attach.Orchestrator, why);
        Timers.CancelAll();
        session.Dispose();
        _over.Enqueue(session.Attach.Session);
        if (_over.Count > RememberedSessions)
        {
            _over.Dequeue();
        }

        _session = null;
        _parts.Gauges.ChangeRemote(Now, link => link.Ended(why, Now));
    }

    private void Obey(IRemoteCommand command)
    {
        if (_session is not { } session || session.Attach.Session != command.Session)
        {
            Sender.Tell(CommandDesk.Refuse(command, NotAttached()));
            return;
        }

        session.Heard(Now, null);
        if (!RemoteCommands.IsId(command.CommandId))
        {
            Sender.Tell(CommandDesk.Refuse(command, new(RefusalCodes.Invalid, "'commandId' must be 1 to 100 ASCII letters, digits, '.', '_', ':' and '-'.", true)));
        }
        else if (_inFlight >= MostInFlight)
        {
            Sender.Tell(CommandDesk.Refuse(command, new(RefusalCodes.Busy, $"{MostInFlight} commands are being stored. Send it again.", false)));
        }
        else if (command is Report report)
        {
            var asker = Sender;
            CapacityAsync().PipeTo(Self, success: capacity => new Reportable(report, asker, capacity), failure: _ => new Reportable(report, asker, null));
        }
        else
        {
            _inFlight++;
            var asker = Sender;
            _desk.TakeAsync(command, session.Attach.Orchestrator, Objection(session, command)).PipeTo(
                Self,
                success: answer => new Taken(command, answer, asker),
                failure: cause => new Taken(command, CommandDesk.Refuse(command, new(FailureCodes.HostError, cause.Message, false)), asker));
        }
    }

    private Failure? Objection(GatewaySession session, IRemoteCommand command) =>
        session.IsTooLate(command.Deadline, Now) ? new(RefusalCodes.DeadlinePassed, "The deadline is over; the command was not accepted before and will not be carried out.", true)
        : _isDraining && command is CreateVm ? new(RefusalCodes.Draining, "The node takes no new VMs.", false)
        : null;

    private void Answer(Taken taken)
    {
        _inFlight--;
        if (taken is { Command: Drain drain, Answer: CommandAccepted })
        {
            AskAboutDraining(drain);
        }

        taken.Asker.Tell(taken.Answer);
    }

    /// <summary>A late copy of an earlier request is accepted without being obeyed, so what holds is asked.</summary>
    private void AskAboutDraining(Drain drain) =>
        _parts.Node.Ask<AllegianceReply>(new AllegianceQueries.FindDrain(RemoteCommands.KeyOf(drain)), AskDeadline)
            .PipeTo(Self, success: reply => new DrainingKnown((reply as AllegianceReply.Kept)?.State.IsDraining ?? drain.IsOn), failure: _ => new DrainingKnown(drain.IsOn));

    /// <summary>What the node has for VMs; null while that is not known.</summary>
    private async Task<NodeCapacity?> CapacityAsync() =>
        await _parts.Node.Ask<VmReply>(new VmQueries.GetCapacity(), AskDeadline).ConfigureAwait(false) is VmReply.Capacity known ? ReportPages.CapacityOf(known.Resource) : null;

    private void Tell(Reportable reportable)
    {
        var (report, asker, capacity) = reportable;
        var head = new NodeReport(report.Session, report.CommandId, At: Now, Capacity: capacity);
        asker.Tell(new CommandAccepted(report.Session, report.CommandId, Status: "succeeded"));
        foreach (var page in ReportPages.Split(head, _parts.Board.Current.Values.Select(ReportPages.Of), _parts.MaxMessageBytes))
        {
            asker.Tell(page);
        }
    }

    private void Tell(Happened happened)
    {
        if (_session is not { } session || session.Attach.Session != happened.Session)
        {
            return;
        }

        var (_, @event, end) = happened;
        var message = new VmEvent(
            session.Attach.Session, session.Window.Send(@event.Id), @event.Id, @event.Subject, @event.Entry.At, @event.Entry.Type, @event.Entry.By, @event.Entry.Summary, @event.Entry.Data, Ended: end);
        // Measured only where it could matter: most events are a few hundred bytes.
        var isLong = message.Data is { } data && data.GetRawText().Length > _parts.MaxMessageBytes / 4 && RemoteWire.Write(message).Length > _parts.MaxMessageBytes;
        session.Orchestrator.Tell(isLong ? message with { Data = null, IsShortened = true } : message);
    }

    private void AskReadiness()
    {
        if (_session is not { } session)
        {
            return;
        }

        if (session.IsOver(Now))
        {
            End($"nothing was heard of it for {session.Lease}");
            return;
        }

        var id = session.Attach.Session;
        LookAtNodeAsync(id).PipeTo(Self, failure: _ => new ReadinessKnown(id, new(false, false, "the node's root does not answer"), null));
    }

    private async Task<ReadinessKnown> LookAtNodeAsync(Guid session)
    {
        var capacity = CapacityAsync();
        var readiness = await _parts.Node.Ask<Readiness>(new NodeQueries.GetReadiness(), AskDeadline).ConfigureAwait(false);
        return new(session, readiness, await capacity.ConfigureAwait(false));
    }

    private void Tell(ReadinessKnown known)
    {
        if (_session is not { } session || session.Attach.Session != known.Session)
        {
            return;
        }

        var vms = _parts.Board.Current.Values;
        session.Orchestrator.Tell(new Heartbeat(
            session.Attach.Session,
            ++session.Beats,
            Now,
            session.Window.LastNumber,
            vms.GroupBy(vm => vm.Status.State).ToDictionary(g => g.Key, g => g.Count()),
            known.Capacity,
            known.Readiness.Reason is null,
            known.Readiness.Reason,
            _isDraining));
    }

    private static AllegianceReply.Refused Failed(Exception cause) => new(new(FailureCodes.Timeout, $"The node could not decide in time: {cause.Message} Try again.", false), null);

    private static Failure NotAttached() => new(RefusalCodes.NotAttached, "This is not the node's session. Attach with a new one.", false);

    private static Refused Refusal(Guid session, Failure failure, long epoch) =>
        new(session, failure.Code, failure.Message, failure.IsPermanent, RemoteProtocol.OldestVersion, RemoteProtocol.Version, epoch);

    private void Refuse(Guid session, Failure failure) => Sender.Tell(Refusal(session, failure, _session?.Attach.Epoch ?? 0));

    private sealed record Following(Attach Attach, IActorRef Asker, AllegianceReply Reply, long LastPlace);

    private sealed record Taken(IRemoteCommand Command, IRemoteMessage Answer, IActorRef Asker);

    private sealed record Happened(Guid Session, EventResource Event, OperationEnd? End);

    private sealed record FeedFault(Exception Cause);

    private sealed record ReadinessKnown(Guid Session, Readiness Readiness, NodeCapacity? Capacity);

    private sealed record Reportable(Report Report, IActorRef Asker, NodeCapacity? Capacity);

    private sealed record DrainingKnown(bool IsDraining);

    private sealed record Beat
    {
        public static readonly Beat Instance = new();
    }
}
