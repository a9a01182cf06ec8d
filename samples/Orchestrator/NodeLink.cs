using Akka.Actor;
using DeCloud.NodeAgent.Contracts.Remote;

namespace DeCloud.Orchestrator;

/// <summary>
/// Keeps one node attached: knocks, attaches, acknowledges, sends commands again until they are answered, and attaches anew behind the last event it has when anything was lost.
/// Watches nothing: that a node is gone is told by its silence.
/// </summary>
internal sealed class NodeLink : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan RetryRefused = TimeSpan.FromSeconds(30);

    private readonly NodeRecord _node;
    private readonly Options _options;
    private readonly string _name;
    private readonly Knock _knock;
    private readonly Output _output;
    private readonly IActorRef _gateway;
    private readonly Dictionary<string, DateTimeOffset> _sent = [];
    private Guid _session = Guid.NewGuid();
    private bool _isAttached;
    private bool _isKnocking;
    private long _lastNumber;
    private long? _acknowledged;
    private DateTimeOffset _heardAt = Now;
    private DateTimeOffset _nextTry = Now;

    public NodeLink(NodeRecord node, Options options, string name, Knock knock, Output output)
    {
        (_node, _options, _name, _knock, _output) = (node, options, name, knock, output);
        // A reference that is built, not found: nothing has to be asked of the node for it, and it holds across the node's restarts.
        var path = $"akka.ssl.tcp://{RemoteProtocol.EdgeSystem}@{node.Address.Host}:{node.Address.Port}{node.Address.Path}";
        _gateway = ((ExtendedActorSystem)Context.System).Provider.ResolveActorRef(path);

        Receive<Tick>(_ => LookAround());
        Receive<Knocked>(knocked => Attach(knocked.Objection));
        Receive<Attached>(Begin, attached => attached.Session == _session);
        Receive<Refused>(Refuse, refused => refused.Session == _session);
        Receive<VmEvent>(Note, told => told.Session == _session && _isAttached);
        Receive<Heartbeat>(Note, beat => beat.Session == _session && _isAttached);
        Receive<CommandAccepted>(Done);
        Receive<CommandRefused>(Done);
        Receive<NodeReport>(Show);
        Receive<Flush>(_ => Acknowledge());
        Receive<PendingCommand>(pending => Send(pending, Now), _ => _isAttached);
        ReceiveAny(_ => { });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    protected override void PreStart()
    {
        Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        _node.Status = "connecting";
    }

    protected override void PostStop()
    {
        if (_isAttached)
        {
            _gateway.Tell(new Detach(_session));
        }
    }

    private void LookAround()
    {
        var now = Now;
        if (_isAttached && now - _heardAt > TimeSpan.FromSeconds(_node.Attached!.LeaseSeconds))
        {
            Restart("connecting", "nothing was heard of it");
        }

        if (!_isAttached)
        {
            if (!_isKnocking && now >= _nextTry)
            {
                _isKnocking = true;
                _knock.AtAsync(_node.Address, CancellationToken.None).PipeTo(Self, success: objection => new Knocked(objection), failure: cause => new Knocked(cause.Message));
            }

            return;
        }

        Acknowledge();
        foreach (var pending in _node.Pending.Values.Where(p => !_sent.TryGetValue(p.Command.CommandId, out var at) || now - at > Retry))
        {
            Send(pending, now);
        }
    }

    private void Attach(string? objection)
    {
        _isKnocking = false;
        _nextTry = Now + Retry;
        if (objection is not null)
        {
            Stand("connecting", objection);
            return;
        }

        _gateway.Tell(new Attach(
            _session, _name, _node.Address.Name, _options.Epoch, RemoteProtocol.OldestVersion, RemoteProtocol.Version, _node.LastPlace, _options.Window, _options.HeartbeatSeconds, Now));
    }

    private void Begin(Attached attached)
    {
        _heardAt = Now;
        if (_isAttached)
        {
            return;
        }

        if (attached.Node != _node.Address.Name)
        {
            Stand("refused", $"another node answers: {attached.Node}");
            return;
        }

        _isAttached = true;
        _node.Attached = attached;
        _node.Attaches++;
        (_lastNumber, _acknowledged) = (0, null);
        _node.LastPlace = attached.EventsAfter;
        _sent.Clear();
        Stand("attached", null);
        _output.Say("attached", ("node", attached.Node), ("epoch", attached.Epoch), ("version", attached.Version), ("after", attached.EventsAfter), ("agent", attached.AgentVersion));
        LookAround();
    }

    private void Refuse(Refused refused)
    {
        if (refused.Code == RefusalCodes.NotAttached)
        {
            Restart("connecting", refused.Message);
            return;
        }

        Restart(refused.Code == RefusalCodes.Epoch ? "superseded" : "refused", $"{refused.Code}: {refused.Message}");
        if (refused.IsPermanent)
        {
            _nextTry = Now + RetryRefused;
        }
    }

    private void Note(VmEvent told)
    {
        _heardAt = Now;
        if (told.Number <= _lastNumber)
        {
            return;
        }

        if (told.Number != _lastNumber + 1)
        {
            Restart("connecting", $"event {_lastNumber + 1} was lost");
            return;
        }

        _lastNumber = told.Number;
        _node.Events++;
        _node.LastPlace = told.Place;
        if (!_options.IsQuiet)
        {
            _output.Say("event", ("node", _node.Address.Name), ("place", told.Place), ("subject", told.Subject), ("type", told.Type), ("summary", told.Summary));
        }

        if (told.Ended is { } end)
        {
            _output.Say(
                "ended", ("node", _node.Address.Name), ("command", end.CommandId), ("operation", end.OperationId), ("kind", end.Kind), ("status", end.Status), ("code", end.Code), ("message", end.Message));
        }

        if (!Timers.IsTimerActive(nameof(Flush)))
        {
            Timers.StartSingleTimer(nameof(Flush), Flush.Instance, TimeSpan.FromMilliseconds(20));
        }
    }

    private void Note(Heartbeat beat)
    {
        _heardAt = Now;
        _node.LastBeat = beat;
        _node.Beats++;
        if (beat.LastNumber > _lastNumber)
        {
            Restart("connecting", $"event {_lastNumber + 1} was lost");
        }
    }

    private void Acknowledge()
    {
        _acknowledged = _lastNumber > 0 ? _node.LastPlace : _acknowledged;
        if (_isAttached)
        {
            _gateway.Tell(new Ack(_session, _acknowledged, Now));
        }
    }

    private void Send(PendingCommand pending, DateTimeOffset now)
    {
        var command = pending.In(_session);
        if (RemoteWire.Write(command).Length > _node.Attached!.MaxMessageBytes)
        {
            Done(new CommandRefused(_session, command.CommandId, RefusalCodes.TooLarge, $"The command is longer than the node's {_node.Attached.MaxMessageBytes} bytes; it was not sent.", true));
            return;
        }

        _sent[command.CommandId] = now;
        _gateway.Tell(command);
    }

    private void Done(CommandAccepted accepted)
    {
        if (_node.Pending.TryRemove(accepted.CommandId, out _))
        {
            _output.Say("accepted", ("node", _node.Address.Name), ("command", accepted.CommandId), ("operation", accepted.OperationId), ("vm", accepted.VmId), ("status", accepted.Status));
        }
    }

    private void Done(CommandRefused refused)
    {
        if (refused.Code == RefusalCodes.NotAttached)
        {
            if (refused.Session == _session && _isAttached)
            {
                Restart("connecting", refused.Message);
            }
        }
        else if (refused.IsPermanent ? _node.Pending.TryRemove(refused.CommandId, out _) : _node.Pending.ContainsKey(refused.CommandId))
        {
            _output.Say(
                "refused", ("node", _node.Address.Name), ("command", refused.CommandId), ("code", refused.Code), ("message", refused.Message), ("final", refused.IsPermanent));
        }
    }

    private void Show(NodeReport report)
    {
        foreach (var vm in report.Vms ?? [])
        {
            _output.Say("vm", ("node", _node.Address.Name), ("id", vm.Id), ("name", vm.Name), ("wanted", vm.Wanted), ("state", vm.State), ("by", vm.By), ("vcpus", vm.VCpus), ("memory", vm.MemoryBytes));
        }

        _output.Say("report", ("node", _node.Address.Name), ("command", report.CommandId), ("page", report.Page), ("pages", report.Pages), ("vms", report.Vms?.Count ?? 0));
    }

    private void Restart(string status, string why)
    {
        (_session, _isAttached, _nextTry) = (Guid.NewGuid(), false, Now);
        Stand(status, why);
    }

    private void Stand(string status, string? why)
    {
        if (_node.Status != status || _node.Why != why)
        {
            (_node.Status, _node.Why) = (status, why);
            if (status != "attached")
            {
                _output.Say(status, ("node", _node.Address.Name), ("why", why));
            }
        }
    }

    private sealed record Knocked(string? Objection);

    private sealed record Tick
    {
        public static readonly Tick Instance = new();
    }

    private sealed record Flush
    {
        public static readonly Flush Instance = new();
    }
}
