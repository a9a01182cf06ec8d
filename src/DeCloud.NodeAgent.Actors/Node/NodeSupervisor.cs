using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Actors.Edge;
using DeCloud.NodeAgent.Actors.Hypervisor;
using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Overlay;
using DeCloud.NodeAgent.Actors.Orchestration;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Core.Warnings;
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
    private const string WireGuard = "wireguard";
    private const string Bridge = "bridge";
    private const string Orchestrator = "heartbeat";
    private const string Ports = "ports";
    private const string Resources = "resources";
    private const string Remote = "remote";
    private const string Warnings = "warnings";
    private const string Operators = "operators";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MeasuresWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MeasuresEvery = TimeSpan.FromMinutes(1);

    private readonly string _version;
    private readonly VmBoard _board;
    private readonly NodeGaugeBoard _gauges;
    private readonly Failure? _withoutVms;
    private readonly DateTimeOffset _startedAt = Context.System.Scheduler.Now;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, Part> _parts;
    private readonly IDiskUse? _diskUse;
    private IHypervisorSession? _session;
    private string? _lostReason = "connecting";
    private DateTimeOffset _since = Context.System.Scheduler.Now;
    private HypervisorMessages.Up? _up;
    private VmRegistry.RosterKnown? _roster;
    private BridgeActor.NodesKnown? _nodes;
    private VmRegistry.RegistryState _registry = new(false, 0, 0, 0, false);
    private HostCapacity? _found;
    private long _measurement;
    private ResourceMessages.CapacityKnown? _capacity;
    private ResourceMessages.ImagesTake? _imagesTake;

    public NodeSupervisor(NodeParts parts)
    {
        _version = parts.Version;
        _board = parts.Board;
        _gauges = parts.Gauges;
        _diskUse = parts.DiskUse;
        var overlay = new OverlayBoard(parts.Overlay.Settings);
        var environment = new VmEnvironment(parts.Board, parts.Files, Self, parts.VmPolicy, parts.Written, parts.Operations, overlay, parts.Network?.Board);
        _withoutVms = parts.Hypervisor.Refusal;
        IReadOnlyList<IActorRef> subscribers = [Self];
        _parts = new()
        {
            [Images] = new(Props.Create(() => new ImageCache(parts.ImageStore, parts.ImagePolicy, parts.Admission, parts.Board, parts.Written, parts.Operations, parts.Gauges))),
            [Vms] = new(Props.Create(() => new VmRegistry(environment, parts.Admission))),
            [Hypervisor] = new(Props.Create(() => new HypervisorActor(parts.Hypervisor, subscribers))),
            [WireGuard] = new(Props.Create(() => new WireGuardActor(parts.Overlay, overlay, parts.Written))),
            [Orchestrator] = new(parts.Orchestrator is { } orchestrator ? Props.Create(() => new Heartbeat(orchestrator, parts.Board, parts.Written, parts.Gauges)) : Props.Create(() => new NoHeartbeat())),
            [Remote] = new(Props.Create(() => new AllegianceActor())),
            [Operators] = new(Props.Create(() => new OperatorLog(parts.Supervision, parts.Written))),
        };
        if (parts.Overlay.Bridge is { } bridge)
        {
            _parts[Bridge] = new(Props.Create(() => new BridgeActor(bridge, parts.Overlay.BridgeMark, overlay)));
        }

        if (parts.Network is { } network)
        {
            _parts[Ports] = new(Props.Create(() => new PortKeeper(network, parts.Board, parts.Written)));
        }

        if (parts.Resources is { } resources)
        {
            var withoutVms = _withoutVms?.Message;
            _parts[Resources] = new(Props.Create(() => new ResourcesActor(resources, parts.Board, withoutVms)));
        }

        if (parts.Warnings is { } warnings)
        {
            _parts[Warnings] = new(Props.Create(() => new WarningKeeper(parts, warnings)));
        }

        if (_withoutVms is not null)
        {
            // Not started at all: nothing is touched, nothing is tried again, and whoever asks is told why.
            _parts.Remove(Images);
            _parts.Remove(Vms);
            _parts.Remove(Hypervisor);
        }

        Receive<IVmMessage>(message => Pass(Vms, message));
        Receive<VmQueries.GetForeign>(query => Pass(Vms, query));
        Receive<VmQueries.GetCapacity>(query => Pass(Vms, query));
        Receive<IImageMessage>(message => Pass(Images, message));
        Receive<IOverlayMessage>(message => Pass(WireGuard, message));
        Receive<IOrchestratorMessage>(message => Pass(Orchestrator, message));
        Receive<IPortMessage>(message => Pass(Ports, message));
        Receive<IResourceMessage>(message => Pass(Resources, message));
        Receive<IAllegianceMessage>(message => Pass(Remote, message));
        Receive<IWarningMessage>(message => Pass(Warnings, message));

        Receive<HypervisorMessages.Up>(ComeUp);
        Receive<HypervisorMessages.Lost>(GoDown);
        Receive<HypervisorMessages.Happened>(happened => Pass(Vms, happened));
        Receive<HypervisorMessages.Swept>(swept => Pass(Vms, swept));
        Receive<VmRegistry.RosterKnown>(known =>
        {
            _roster = known;
            Pass(Ports, known);
            Pass(Bridge, known);
        });
        Receive<BridgeActor.NodesKnown>(known =>
        {
            _nodes = known;
            Pass(Bridge, known);
        });
        Receive<VmRegistry.RegistryState>(state =>
        {
            _registry = state;
            _gauges.Publish(state.IsReconciled, state.Foreign);
        });
        Receive<ResourceMessages.CapacityKnown>(known => Measure(known.Capacity));
        Receive<MeasureAgain>(_ => Measure(_found!));
        Receive<Measured>(Learn);
        Receive<ResourceMessages.ImagesTake>(Learn);

        Receive<NodeQueries.Get>(_ => Sender.Tell(View()));
        Receive<NodeQueries.GetReadiness>(_ => Sender.Tell(Readiness()));
        Receive<NodeQueries.GetVncSocket>(FindVncSocket);
        Receive<NodeQueries.GetConsoles>(_ => Sender.Tell(new ConsoleAccess(_session, _session is null ? NoHypervisor : null)));

        Receive<RestartActor>(Restart);
        Receive<RestartFound>(found => Pass(Operators, found));
        Receive<Terminated>(Fell);
        Receive<DeadLetter>(Decline);
        Receive<Raise>(raise => Start(raise.Name, isAgain: true));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));
        NodeInstruments.MayRestart("vm");
        NodeInstruments.MayRestart("domain");
        foreach (var name in _parts.Keys)
        {
            NodeInstruments.MayRestart(name);
            Start(name, isAgain: false);
        }
    }

    /// <summary>A part that threw is stopped and raised after a pause; the journal gives its state back.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void Start(string name, bool isAgain)
    {
        var part = _parts[name];
        part.Actor = Context.Watch(Context.ActorOf(part.Props, name));
        _gauges.Began(name, part.Actor);
        if (_capacity is { } capacity && name is Vms or Images)
        {
            // Said once by whoever found it out, who doesn't know that this part has begun anew.
            Pass(name, capacity);
        }

        if (_imagesTake is { } take && name == Vms)
        {
            Pass(Vms, take);
        }

        if (isAgain && name == Vms)
        {
            // The new one must hear of every domain, which a new session tells it.
            Pass(Hypervisor, HypervisorActor.Reconnect.Instance);
        }
        else if (isAgain && name == Resources && _session is not null && _up is { } up)
        {
            Pass(Resources, up);
        }
        else if (isAgain && name == Bridge)
        {
            foreach (var known in new object?[] { _roster, _nodes }.OfType<object>())
            {
                Pass(Bridge, known);
            }
        }
        else if (isAgain && name == Ports)
        {
            foreach (var known in new object?[] { _roster, _up }.OfType<object>())
            {
                Pass(Ports, known);
            }
        }
    }

    private void Fell(Terminated terminated)
    {
        var name = terminated.ActorRef.Path.Name;
        var part = _parts[name];
        part.Actor = null;
        if (part.IsResting)
        {
            part.IsResting = false;
            Start(name, isAgain: true);
            return;
        }

        part.Falls++;
        _gauges.Fell(name);
        NodeInstruments.Restarted(name);
        var pause = FirstPause * Math.Pow(2, Math.Min(part.Falls, 20) - 1);
        var bounded = pause < LongestPause ? pause : LongestPause;
        _log.Error("Part {0} of the node fell ({1} times since the start); it is started again in {2}", name, part.Falls, bounded);
        if (name == Vms)
        {
            _registry = _registry with { IsReconciled = false, HasCapacity = false };
        }

        Timers.StartSingleTimer(name, new Raise(name), bounded);
    }

    /// <summary>A part that an operator asks for ends as it would with the agent, and begins as after a fall; that it was asked for is stored before.</summary>
    private void Restart(RestartActor restart)
    {
        if (RestartRule.VmOf(restart.Path) is not null && _parts.ContainsKey(Vms))
        {
            Pass(Vms, restart);
            return;
        }

        if (RestartRule.PartOf(restart.Path) is not { } name || name == Vms || !_parts.TryGetValue(name, out var part))
        {
            Sender.Tell(new RestartReply(RestartRule.NotHere(restart.Path)));
        }
        else if (part.Actor is not { } actor || part.IsResting)
        {
            Sender.Tell(new RestartReply(new(FailureCodes.Restarting, $"The agent's part '{name}' is being started again already.", false)));
        }
        else if (name == Images && actor is ActorRefWithCell { Underlying.ChildrenContainer.Children.Count: > 0 })
        {
            Sender.Tell(new RestartReply(RestartRule.Busy("imports of images")));
        }
        else if (restart.StoredAt is not { } storedAt)
        {
            Pass(Operators, new RestartFound(restart));
        }
        else
        {
            part.IsResting = true;
            Context.System.EventStream.Publish(new RestartBegun(restart.Path, restart.By, storedAt));
            Context.Stop(actor);
            Sender.Tell(new RestartReply(null));
        }
    }

    private void Pass(string name, object message)
    {
        var part = _parts.GetValueOrDefault(name);
        if (part?.Actor is { } actor)
        {
            actor.Forward(message);
            return;
        }

        Decline(message, Sender, part is null && _withoutVms is { } never ? never : Falling(name));
    }

    /// <summary>What a part was still to hear when it ended was not done: whoever asked is told so at once, and does not wait for an answer that nobody gives.</summary>
    private void Decline(DeadLetter letter)
    {
        var (own, path) = (Self.Path.Elements, letter.Recipient.Path.Elements);
        if (!letter.Sender.Equals(Context.System.DeadLetters) && path.Count > own.Count && path.Take(own.Count).SequenceEqual(own))
        {
            Decline(letter.Message, letter.Sender, Falling(path[own.Count]));
        }
    }

    private static Failure Falling(string part) =>
        new(FailureCodes.Restarting, $"The agent's part '{part}' fell and is being started again; running VMs are not touched. Try again.", false);

    private void Decline(object message, IActorRef asker, Failure failure)
    {
        switch (message)
        {
            case RestartActor or RestartFound:
                asker.Tell(new RestartReply(failure));
                break;
            case IVmMessage or VmQueries.GetForeign or VmQueries.GetCapacity:
                asker.Tell(new VmReply.Refused(failure));
                break;
            case IPortMessage:
                asker.Tell(new PortReply.Refused(_parts.ContainsKey(Ports) ? failure : new(FailureCodes.PacketFilterUnavailable, "This host has no packet filter that the agent could use.", true)));
                break;
            case IResourceMessage:
                asker.Tell(new ResourceReply.Refused(failure));
                break;
            case ImageCommands.Resolve resolve:
                asker.Tell(new ImageReply.Refused(failure, resolve.Token));
                break;
            case IImageMessage:
                asker.Tell(new ImageReply.Refused(failure));
                break;
            case IOverlayMessage:
                asker.Tell(new OverlayReply.Refused(failure));
                break;
            case IOrchestratorMessage:
                asker.Tell(new OrchestratorReply.Refused(failure));
                break;
            case IWarningMessage:
                asker.Tell(new WarningReply.Refused(failure));
                break;
            case IAllegianceMessage:
                asker.Tell(new AllegianceReply.Refused(failure, null));
                break;
            default:
                break;
        }
    }

    private void ComeUp(HypervisorMessages.Up up)
    {
        _session = up.Session;
        _gauges.Publish(isHypervisorUp: true);
        _lostReason = null;
        _since = up.Since;
        _up = up;
        Pass(Vms, up);
        Pass(Ports, up);
        Pass(Resources, up);
    }

    private void GoDown(HypervisorMessages.Lost lost)
    {
        _session = null;
        _gauges.Publish(isHypervisorUp: false);
        _lostReason = lost.Reason;
        _since = lost.Since;
        Pass(Vms, lost);
        Pass(Resources, lost);
    }

    /// <summary>Disks fill by others too, who tell nobody: it is measured on every word from discovery and once in a while.</summary>
    private void Measure(HostCapacity found)
    {
        _found = found;
        var number = ++_measurement;
        if (_diskUse is not { } disk)
        {
            Self.Tell(new Measured(number, found, null));
            return;
        }

        Task.Run(() => MeasureAsync(disk)).PipeTo(Self, success: use => new Measured(number, use.ApplyTo(found), null), failure: cause => new Measured(number, found, cause.Message));
        Timers.StartSingleTimer(nameof(MeasureAgain), MeasureAgain.Instance, MeasuresEvery);
    }

    private static async Task<DiskUse> MeasureAsync(IDiskUse disk)
    {
        using var deadline = new CancellationTokenSource(MeasuresWithin);
        return await disk.MeasureAsync(deadline.Token).ConfigureAwait(false);
    }

    private void Learn(Measured measured)
    {
        if (measured.Number != _measurement)
        {
            return;
        }

        if (measured.Cause is { } cause)
        {
            _log.Warning("What VMs and images take on disk can't be measured, so less is offered than there is: {0}", cause);
        }

        _capacity = new(measured.Host);
        Pass(Vms, _capacity);
        Pass(Images, _capacity);
    }

    private void Learn(ResourceMessages.ImagesTake take)
    {
        _imagesTake = take;
        Pass(Vms, take);
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
                _withoutVms is not null ? "unsupported" : _session is null ? "lost" : "connected",
                _since,
                _withoutVms?.Message ?? _lostReason,
                facts?.LibvirtVersion,
                facts?.QemuVersion,
                facts is null ? null : VmWords.Of(facts.Acceleration),
                facts?.AccelerationReason),
            Vms = _board.Current.Values.GroupBy(vm => vm.Status.State).ToDictionary(g => g.Key, g => g.Count()),
            ForeignDomains = _registry.Foreign,
            Reconciled = _withoutVms is not null || _registry.IsReconciled,
        };
    }

    private Readiness Readiness() => _withoutVms is { } never ? new(false, true, null, never) : new(
        _session is not null,
        _registry.IsReconciled,
        _session is null ? $"libvirt is not connected: {_lostReason}"
            : !_registry.IsReconciled ? $"{_registry.Unreconciled} of {_registry.Vms} VMs have not been compared with libvirt yet"
            : !_registry.HasCapacity ? "what the machine has to give to VMs is not known yet"
            : null,
        Capacity: _registry.HasCapacity);

    private Failure NoHypervisor => _withoutVms ?? new(FailureCodes.HypervisorUnavailable, "libvirt is not connected. Try again when it is back.", false);

    private void FindVncSocket(NodeQueries.GetVncSocket query)
    {
        if (_session is not { } session)
        {
            Sender.Tell(new VncSocket(null, NoHypervisor));
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

    private sealed record Measured(long Number, HostCapacity Host, string? Cause);

    private sealed record MeasureAgain
    {
        public static readonly MeasureAgain Instance = new();
    }

    private sealed class Part(Props props)
    {
        public Props Props { get; } = props;

        public IActorRef? Actor { get; set; }

        public int Falls { get; set; }

        /// <summary>It was stopped to be started again, and has not ended yet.</summary>
        public bool IsResting { get; set; }
    }
}
