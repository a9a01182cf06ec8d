using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Edge;
using DeCloud.NodeAgent.Actors.Hypervisor;
using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Node;

/// <summary>
/// The root of the node: starts the image cache, the VMs and the hypervisor, starts each again with back-off when it falls, and answers how the node is. Everybody addresses the parts
/// through it, so that a part that was started again is found under the same reference.
/// </summary>
internal sealed class NodeSupervisor : ReceiveActor, IWithTimers
{
    private const string Images = "images";
    private const string Vms = "vms";
    private const string Hypervisor = "hypervisor";
    private const string Remote = "remote";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly string _version;
    private readonly VmBoard _board;
    private readonly DateTimeOffset _startedAt = Context.System.Scheduler.Now;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, Part> _parts;
    private IHypervisorSession? _session;
    private string? _lostReason = "connecting";
    private DateTimeOffset _since = Context.System.Scheduler.Now;
    private VmRegistry.RegistryState _registry = new(false, 0, 0, 0);

    public NodeSupervisor(NodeParts parts)
    {
        _version = parts.Version;
        _board = parts.Board;
        var environment = new VmEnvironment(parts.Board, parts.Files, Self, parts.VmPolicy, parts.Written);
        IReadOnlyList<IActorRef> subscribers = [Self];
        _parts = new()
        {
            [Images] = new(Props.Create(() => new ImageCache(parts.ImageStore, parts.ImagePolicy, parts.Board, parts.Written))),
            [Vms] = new(Props.Create(() => new VmRegistry(environment))),
            [Hypervisor] = new(Props.Create(() => new HypervisorActor(parts.Hypervisor, subscribers))),
            [Remote] = new(Props.Create(() => new AllegianceActor())),
        };

        Receive<IVmMessage>(message => Pass(Vms, message));
        Receive<VmQueries.GetForeign>(query => Pass(Vms, query));
        Receive<IImageMessage>(message => Pass(Images, message));
        Receive<IAllegianceMessage>(message => Pass(Remote, message));

        Receive<HypervisorMessages.Up>(ComeUp);
        Receive<HypervisorMessages.Lost>(GoDown);
        Receive<HypervisorMessages.Happened>(happened => Pass(Vms, happened));
        Receive<HypervisorMessages.Swept>(swept => Pass(Vms, swept));
        Receive<VmRegistry.RegistryState>(state => _registry = state);

        Receive<NodeQueries.Get>(_ => Sender.Tell(View()));
        Receive<NodeQueries.GetReadiness>(_ => Sender.Tell(Readiness()));
        Receive<NodeQueries.GetVncSocket>(FindVncSocket);

        Receive<Terminated>(Fell);
        Receive<Raise>(raise => Start(raise.Name, isAgain: true));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        foreach (var name in _parts.Keys)
        {
            Start(name, isAgain: false);
        }
    }

    /// <summary>A part that threw is stopped and raised after a pause; the journal gives its state back.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void Start(string name, bool isAgain)
    {
        var part = _parts[name];
        part.Actor = Context.Watch(Context.ActorOf(part.Props, name));
        if (isAgain && name == Vms)
        {
            // The new one must hear of every domain, which a new session tells it.
            Pass(Hypervisor, HypervisorActor.Reconnect.Instance);
        }
    }

    private void Fell(Terminated terminated)
    {
        var name = terminated.ActorRef.Path.Name;
        var part = _parts[name];
        part.Actor = null;
        part.Falls++;
        var pause = FirstPause * Math.Pow(2, Math.Min(part.Falls, 20) - 1);
        var bounded = pause < LongestPause ? pause : LongestPause;
        _log.Error("Part {0} of the node fell ({1} times since the start); it is started again in {2}", name, part.Falls, bounded);
        if (name == Vms)
        {
            _registry = _registry with { IsReconciled = false };
        }

        Timers.StartSingleTimer(name, new Raise(name), bounded);
    }

    private void Pass(string name, object message)
    {
        if (_parts[name].Actor is { } actor)
        {
            actor.Forward(message);
            return;
        }

        var failure = new Failure(FailureCodes.Restarting, $"The agent's part '{name}' fell and is being started again; running VMs are not touched. Try again.", false);
        switch (message)
        {
            case IVmMessage or VmQueries.GetForeign:
                Sender.Tell(new VmReply.Refused(failure));
                break;
            case ImageCommands.Resolve resolve:
                Sender.Tell(new ImageReply.Refused(failure, resolve.Token));
                break;
            case IImageMessage:
                Sender.Tell(new ImageReply.Refused(failure));
                break;
            case IAllegianceMessage:
                Sender.Tell(new AllegianceReply.Refused(failure, null));
                break;
            default:
                break;
        }
    }

    private void ComeUp(HypervisorMessages.Up up)
    {
        _session = up.Session;
        _lostReason = null;
        _since = up.Since;
        Pass(Vms, up);
    }

    private void GoDown(HypervisorMessages.Lost lost)
    {
        _session = null;
        _lostReason = lost.Reason;
        _since = lost.Since;
        Pass(Vms, lost);
    }

    private NodeResource View()
    {
        var facts = _session?.Facts;
        var now = Context.System.Scheduler.Now;
        return new()
        {
            Version = _version,
            StartedAt = _startedAt,
            UptimeSeconds = Math.Round((now - _startedAt).TotalSeconds, 3),
            Hypervisor = new(
                _session is null ? "lost" : "connected",
                _since,
                _lostReason,
                facts?.LibvirtVersion,
                facts?.QemuVersion,
                facts is null ? null : VmWords.Of(facts.Acceleration),
                facts?.AccelerationReason),
            Vms = _board.Current.Values.GroupBy(vm => vm.Status.State).ToDictionary(g => g.Key, g => g.Count()),
            ForeignDomains = _registry.Foreign,
            Reconciled = _registry.IsReconciled,
        };
    }

    private Readiness Readiness() => new(
        _session is not null,
        _registry.IsReconciled,
        _session is null ? $"libvirt is not connected: {_lostReason}"
            : !_registry.IsReconciled ? $"{_registry.Unreconciled} of {_registry.Vms} VMs have not been compared with libvirt yet"
            : null);

    private void FindVncSocket(NodeQueries.GetVncSocket query)
    {
        if (_session is not { } session)
        {
            Sender.Tell(new VncSocket(null, new(FailureCodes.HypervisorUnavailable, "libvirt is not connected. Try again when it is back.", false)));
            return;
        }

        session.VncSocketAsync(query.VmId, CancellationToken.None).PipeTo(
            Sender,
            success: path => path is null
                ? new VncSocket(null, new(FailureCodes.VmNotRunning, "The VM has no screen while it does not run. Start it first.", true))
                : new VncSocket(path, null),
            failure: cause => new VncSocket(null, cause is FailureException known ? known.Failure : new Failure(FailureCodes.HypervisorError, cause.Message, false)));
    }

    private sealed record Raise(string Name);

    private sealed class Part(Props props)
    {
        public Props Props { get; } = props;

        public IActorRef? Actor { get; set; }

        public int Falls { get; set; }
    }
}
