using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Hypervisor;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Ports;

/// <summary>What the ports' actor works with.</summary>
/// <param name="Filter">The host's packet filter.</param>
/// <param name="Policy">What the owner decided.</param>
/// <param name="Board">Where it shows how the network stands.</param>
public sealed record NetworkParts(IPacketFilter Filter, NetworkPolicy Policy, NetworkBoard Board);

/// <summary>
/// The host's ports that lead to VMs, and the rules that keep VMs apart. What is wanted is stored before it is answered; the packet filter follows, and is looked at again and again,
/// since anybody with the right may change it.
/// </summary>
internal sealed class PortKeeper : ReceivePersistentActor, IWithTimers
{
    private const int SnapshotEvery = 200;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReconcileEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FilterDeadline = TimeSpan.FromSeconds(20);

    private readonly NetworkParts _parts;
    private readonly VmBoard _vms;
    private readonly JournalSignal _written;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly CancellationTokenSource _stop = new();
    private PortTable _table = new();
    private VmRoster? _roster;
    private string? _bridge;
    private bool _isBridgeless;
    private object? _lookedAt;
    private NetworkRules? _wanted;
    private NetworkRules? _inForce;
    private Failure? _unavailable;
    private Failure? _unforwarded;
    private bool _isProbed;
    private bool _isApplying;
    private bool _isWatching;
    private bool _isSuspect;
    private string? _lastComplaint;
    private string? _lastBlindness;

    public PortKeeper(NetworkParts parts, VmBoard vms, JournalSignal written)
    {
        _parts = parts;
        _vms = vms;
        _written = written;

        Recover<SnapshotOffer>(offer => _table = (PortTable)offer.Snapshot);
        Recover<IPortEvent>(@event => _table = _table.Apply(@event));
        Recover<RecoveryCompleted>(_ => Begin());

        Command<PortCommands.Allocate>(LookForFree);
        Command<Heard>(Allocate);
        Command<PortCommands.Remove>(Remove);
        Command<PortQueries.List>(List);
        Command<VmRegistry.RosterKnown>(known => Learn(known.Roster));
        Command<HypervisorMessages.Up>(up => Connect(up.Session.Facts.VmBridge));
        Command<HypervisorMessages.Lost>(_ => { });
        Command<Look>(_ => LookAtVms());
        Command<Reconcile>(_ => Follow(isForced: true));
        Command<Probed>(Settle);
        Command<Applied>(Settle);
        Command<Touched>(touched => Mend(touched.Cause));
        Command<SaveSnapshotSuccess>(_ => { });
        Command<SaveSnapshotFailure>(failure => _log.Warning("Snapshot of the ports failed: {0}", failure.Cause.Message));
    }

    public override string PersistenceId => "ports";

    public ITimerScheduler Timers { get; set; } = null!;

    private static Failure NoBridge { get; } = new(
        FailureCodes.PacketFilterUnavailable,
        "libvirt's network (Libvirt:Network) is missing, or has no bridge that libvirt made for it, so the agent can't tell VMs from other machines there. Use a network of the mode nat, route or open.",
        false);

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    private IsolationMode Mode => _parts.Policy.Isolation;

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "Event {0} of the ports could not be stored", sequenceNr);
        Sender.Tell(new PortReply.Refused(VmActor.JournalFailure(cause)));
    }

    protected override void PostStop()
    {
        _stop.Cancel();
        _stop.Dispose();
        base.PostStop();
    }

    private void Begin()
    {
        Timers.StartPeriodicTimer(nameof(Look), Look.Instance, LookEvery);
        Timers.StartPeriodicTimer(nameof(Reconcile), Reconcile.Instance, ReconcileEvery);
        Publish();
        Probe();
    }

    private void Probe() => Run(stop => _parts.Filter.ProbeAsync(stop), failure => new Probed(failure), cause => new Probed(FailureOf(cause)));

    private void Settle(Probed probed)
    {
        var isNews = !_isProbed || probed.Failure?.Message != _unavailable?.Message;
        _isProbed = true;
        _unavailable = probed.Failure;
        if (isNews && _unavailable is { } failure)
        {
            _log.Warning(
                Mode == IsolationMode.On ? "VMs are not started, because Network:Isolation is On: {0}"
                : Mode == IsolationMode.Off ? "Ports can't be forwarded: {0}"
                : "VMs are NOT kept apart from this host's network, and ports can't be forwarded: {0}",
                failure.Message);
        }

        Publish();
        Follow(isForced: false);
    }

    private void LookForFree(PortCommands.Allocate command)
    {
        if ((_unavailable ?? (_isBridgeless ? NoBridge : null)) is { } failure)
        {
            Sender.Tell(new PortReply.Refused(failure));
            return;
        }

        var asker = Sender;
        Run(stop => _parts.Filter.BusyPortsAsync(stop), busy => new Heard(command, busy, null, asker), cause => new Heard(command, null, FailureOf(cause), asker));
    }

    private void Allocate(Heard heard)
    {
        if (heard.Busy is not { } busy)
        {
            heard.Asker.Tell(new PortReply.Refused(heard.Failure!));
            return;
        }

        if (MissingVm(heard.Command.VmId) is { } missing)
        {
            heard.Asker.Tell(new PortReply.Refused(missing));
            return;
        }

        var (reply, @event) = _table.Decide(heard.Command, _parts.Policy.Ports, (port, protocol) => (busy.GetValueOrDefault(port) & protocol) != 0, Now);
        Answer(heard.Asker, reply, @event, e => new PortReply.Done(_table.Find(e.VmId, e.GuestPort, e.Protocol)!));
    }

    private void Remove(PortCommands.Remove command)
    {
        var before = _table.Find(command.VmId, command.GuestPort, command.Protocol);
        var (reply, @event) = _table.Decide(command, Now);
        Answer(Sender, reply, @event, _ => new PortReply.Removed(before!));
    }

    private void Answer<T>(IActorRef asker, PortReply? reply, T? @event, Func<T, PortReply> done)
        where T : class, IPortEvent
    {
        if (@event is null)
        {
            asker.Tell(reply!);
            return;
        }

        Persist(@event, stored =>
        {
            Apply(stored);
            asker.Tell(done(stored));
            Follow(isForced: false);
        });
    }

    private void List(PortQueries.List query)
    {
        Sender.Tell(query.VmId is { } vm && MissingVm(vm) is { Code: FailureCodes.VmNotFound } missing
            ? new PortReply.Refused(missing)
            : new PortReply.Listed([.. _table.Forwards.Where(f => query.VmId is null || f.VmId == query.VmId)]));
    }

    private Failure? MissingVm(VmId id) =>
        _roster is null ? new(FailureCodes.Restarting, "Which VMs exist is not known yet. Try again.", false)
        : !_roster.Vms.ContainsKey(id) ? new(FailureCodes.VmNotFound, "There is no such VM.", true)
        : _vms.Current.TryGetValue(id, out var vm) && vm.Intent.State == "deleted" ? new(FailureCodes.VmDeleted, "The VM is being deleted.", true)
        : null;

    private void Learn(VmRoster roster)
    {
        _roster = roster;
        if (!StoreAll(_table.Free(roster.Vms.ContainsKey, Now), isForced: false))
        {
            Follow(isForced: false);
        }
    }

    private void Connect(string? bridge)
    {
        _bridge = bridge;
        _isBridgeless = bridge is null;
        Publish();

        if (_isBridgeless && Mode != IsolationMode.Off)
        {
            _log.Warning(Mode == IsolationMode.On ? "VMs are not started: {0}" : "VMs are NOT kept apart from this host's network: {0}", NoBridge.Message);
        }

        // libvirt may have started again and put its own rules first.
        _isSuspect = true;
        Follow(isForced: true);
    }

    private void LookAtVms()
    {
        if (ReferenceEquals(_lookedAt, _vms.Current) || _roster is null)
        {
            return;
        }

        _lookedAt = _vms.Current;
        Follow(isForced: false);
    }

    private SeenVm? See(VmId id) => _vms.Current.TryGetValue(id, out var vm) ? new(vm.Status.State is "stopped" or "absent", vm.Addresses) : null;

    /// <summary>Stores facts and then follows them.</summary>
    /// <returns>Whether there were any.</returns>
    private bool StoreAll(IReadOnlyList<IPortEvent> events, bool isForced)
    {
        if (events.Count == 0)
        {
            return false;
        }

        var left = events.Count;
        PersistAll(events, stored =>
        {
            Apply(stored);
            if (--left == 0)
            {
                Follow(isForced);
            }
        });
        return true;
    }

    private void Apply(IPortEvent @event)
    {
        _table = _table.Apply(@event);
        _written.Set();
        if (LastSequenceNr % SnapshotEvery == 0)
        {
            SaveSnapshot(_table);
        }
    }

    /// <summary>Has the packet filter follow what is wanted now: when that changed, or when it is time to look whether somebody else changed the rules.</summary>
    private void Follow(bool isForced)
    {
        if (isForced && _unavailable is not null)
        {
            Probe();
            return;
        }

        // Without the bridge's name or the list of VMs, the rules of an earlier life stay as they are.
        if (!_isProbed || _unavailable is not null || _roster is null || _bridge is not { } bridge)
        {
            return;
        }

        // What is in force must be in the journal first: else an agent that is killed here begins its next life with less, and takes away what worked.
        if (StoreAll(NetworkPlan.Point(_table, _roster.Vms.Keys, See, Now), isForced))
        {
            return;
        }

        _wanted = NetworkPlan.Rules(bridge, Mode != IsolationMode.Off, _parts.Policy, _table, _roster.Vms.Keys, See);
        if (!_isApplying && (isForced || !_wanted.Equals(_inForce)))
        {
            _isApplying = true;
            var (rules, isSuspect) = (_wanted, _isSuspect);
            _isSuspect = false;
            Run(stop => _parts.Filter.ApplyAsync(rules, isSuspect, stop), outcome => new Applied(rules, null, outcome), cause => new Applied(rules, FailureOf(cause), null));
        }
    }

    private void Settle(Applied applied)
    {
        _isApplying = false;
        if (applied.Failure is { } failure)
        {
            if (failure.Message != _lastComplaint)
            {
                _log.Warning("The packet filter's rules are not in force: {0}", failure.Message);
            }

            // Tried again by the timer.
            _isSuspect = true;
            _inForce = null;
            _lastComplaint = failure.Message;
            Publish();
            return;
        }

        if (applied.Outcome!.IsMended)
        {
            Context.System.EventStream.Publish(PacketFilterTouched.Instance);
        }

        // Tried again by the timer, as everything is that is not as it shall be.
        if (applied.Outcome.Unforwarded is { } unforwarded && unforwarded.Message != _unforwarded?.Message)
        {
            _log.Warning("Forwarded ports are not let through: {0}", unforwarded.Message);
        }

        _unforwarded = applied.Outcome.Unforwarded;

        _lastComplaint = null;
        _inForce = applied.Rules;
        Publish();
        Watch();
        if (!_inForce.Equals(_wanted))
        {
            Follow(isForced: false);
        }
    }

    /// <summary>Waits for somebody to change the rules; the timer looks as well, for what a watch may miss.</summary>
    private void Watch()
    {
        if (!_isWatching)
        {
            _isWatching = true;
            var stop = _stop.Token;
            Task.Run(() => _parts.Filter.ChangedAsync(stop), stop).PipeTo(Self, success: () => new Touched(null), failure: cause => new Touched(cause));
        }
    }

    private void Mend(Exception? cause)
    {
        _isWatching = false;
        if (cause is null)
        {
            Follow(isForced: true);
        }
        else if (cause.Message != _lastBlindness)
        {
            _lastBlindness = cause.Message;
            _log.Warning("Changes of the packet filter by others are found by the timer alone: {0}", cause.Message);
        }
    }

    private void Publish() => _parts.Board.Publish(
        Mode == IsolationMode.Off ? new("off", _unavailable ?? _unforwarded, true)
        : !_isProbed ? NetworkState.Starting
        : _unavailable is not null ? new(Mode == IsolationMode.Auto ? "unavailable" : "failed", _unavailable, Mode == IsolationMode.Auto)
        : _isBridgeless ? new(Mode == IsolationMode.Auto ? "unavailable" : "failed", NoBridge, Mode == IsolationMode.Auto)
        : _inForce is not null ? new("on", _unforwarded, true)
        : _lastComplaint is not null ? new("failed", new(FailureCodes.PacketFilterUnavailable, _lastComplaint, false), false)
        : NetworkState.Starting);

    private void Run<T>(Func<CancellationToken, Task<T>> work, Func<T, object> success, Func<Exception, object> failure)
    {
        var deadline = new CancellationTokenSource(FilterDeadline);
        Task.Run(async () =>
        {
            using (deadline)
            {
                return await work(deadline.Token).ConfigureAwait(false);
            }
        }).PipeTo(Self, success: success, failure: failure);
    }

    private static Failure FailureOf(Exception cause) => cause switch
    {
        FailureException known => known.Failure,
        OperationCanceledException => new(FailureCodes.Timeout, "The packet filter did not answer in time.", false),
        _ => new(FailureCodes.HostError, cause.Message, false),
    };

    /// <summary>What the host's own programs use, for a wish that waits.</summary>
    private sealed record Heard(PortCommands.Allocate Command, IReadOnlyDictionary<int, PortProtocol>? Busy, Failure? Failure, IActorRef Asker);

    private sealed record Probed(Failure? Failure);

    /// <summary>The rules are in force with this outcome, or not for this reason.</summary>
    private sealed record Applied(NetworkRules Rules, Failure? Failure, FilterOutcome? Outcome);

    /// <summary>Somebody changed the rules, or nobody can say why not.</summary>
    private sealed record Touched(Exception? Cause);

    private sealed record Look
    {
        public static readonly Look Instance = new();
    }

    private sealed record Reconcile
    {
        public static readonly Reconcile Instance = new();
    }
}
