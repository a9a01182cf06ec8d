using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Hypervisor;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>
/// Which VMs exist. Lets VMs in one after the other as long as there is room, before anything is made or downloaded for them, parents their actors, starts them again when they fall, passes on what the hypervisor says, and lists what is not ours without touching it.
/// </summary>
internal sealed partial class VmRegistry : ReceivePersistentActor, IWithTimers
{
    private const int SnapshotEvery = 100;
    private static readonly TimeSpan AddressesEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UserDataDeadline = TimeSpan.FromSeconds(10);

    private readonly VmEnvironment _environment;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<VmId, int> _falls = [];
    private readonly HashSet<VmId> _fallen = [];
    private readonly HashSet<VmId> _resting = [];
    private readonly HashSet<VmId> _unreconciled = [];
    private readonly Dictionary<string, List<(VmCommands.Create Command, IActorRef Asker)>> _storing = [];
    private readonly Dictionary<Guid, DomainStatus> _foreign = [];
    private readonly Vacancy _vacancy;
    private VmRoster _roster = new();
    private IHypervisorSession? _session;
    private IActorRef _asker = ActorRefs.Nobody;
    private string _lostReason = "the agent has just started";
    private HashSet<Guid> _listed = [];
    private bool _isTold, _isSwept;
    private int _rested;

    public VmRegistry(VmEnvironment environment, AdmissionPolicy admission)
    {
        _environment = environment;
        _vacancy = new(admission);

        Recover<SnapshotOffer>(offer => _roster = (VmRoster)offer.Snapshot);
        Recover<IRosterEvent>(@event => _roster = _roster.Apply(@event));
        Recover<RecoveryCompleted>(_ => Begin());

        Command<VmCommands.Create>(LetIn);
        Command<UserDataStored>(Admit);
        Command<VmQueries.GetOrigin>(query => Sender.Tell(new VmQueries.Origin(query.VmId, _roster.Vms.GetValueOrDefault(query.VmId)?.Request.By, _roster.IsGone(query.VmId))));
        Command<IVmMessage>(Forward);
        Command<VmQueries.GetForeign>(_ => Sender.Tell(Foreign()));
        Command<VmQueries.GetCapacity>(_ => Sender.Tell(_vacancy.View([.. Counted()])));
        Command<ResourceMessages.CapacityKnown>(Learn);
        Command<ResourceMessages.ImagesTake>(_vacancy.Learn);

        Command<HypervisorMessages.Up>(ComeUp);
        Command<HypervisorMessages.Lost>(GoDown);
        Command<HypervisorMessages.Happened>(happened => Pass(happened.Event));
        Command<HypervisorMessages.Swept>(Sweep);
        Command<AskAddresses>(_ => StartAddresses(), _ => _session is not null);
        Command<Leases>(Show);

        Command<VmNews.Recovered>(_ => { });
        Command<VmNews.Reconciled>(news => Reconciled(news.VmId));
        Command<VmNews.Gone>(news => Bury(news.VmId));
        Command<RestartActor>(Restart);
        Command<RestartFound>(found => Context.Parent.Forward(found));
        Command<VmNews.Resting>(news => Rest(news.VmId));
        Command<Terminated>(Fell);
        Command<Revive>(revive => Raise(revive.VmId));
        Command<SaveSnapshotSuccess>(_ => { });
        Command<SaveSnapshotFailure>(failure => _log.Warning("Snapshot of the roster failed: {0}", failure.Cause.Message));
        Command<AskAddresses>(_ => { });
        Command<FilesSwept>(_ =>
        {
            _isSwept = true;
            Stash.UnstashAll();
        });
        Command<Nothing>(_ => { });
    }

    public override string PersistenceId => "vms";

    public ITimerScheduler Timers { get; set; } = null!;

    private static DateTimeOffset Now => Context.System.Scheduler.Now;

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        // Akka stops this actor next, with the VM's that was to be let in.
        _log.Error(cause, "Event {0} of the roster could not be stored", sequenceNr);
        if (@event is RosterEvents.Admitted)
        {
            _asker.Tell(new VmReply.Refused(VmActor.JournalFailure(cause)));
        }
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        // The VM's actor, which knows of nothing, stays for the next try.
        _log.Error(cause, "Event {0} of the roster was rejected", sequenceNr);
        if (@event is RosterEvents.Admitted)
        {
            _asker.Tell(new VmReply.Refused(VmActor.JournalFailure(cause)));
        }
    }

    /// <summary>A VM that can't get on is stopped and raised again after a pause, and the others never notice.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private void Begin()
    {
        foreach (var id in _roster.Vms.Keys)
        {
            _unreconciled.Add(id);
            StartKnown(id);
        }

        var known = _roster.Vms.Keys.ToHashSet();
        Task.Run(() => _environment.Files.SweepAsync(known, CancellationToken.None)).PipeTo(Self, success: () => FilesSwept.Instance, failure: _ => FilesSwept.Instance);
        Timers.StartPeriodicTimer(nameof(AskAddresses), AskAddresses.Instance, AddressesEvery);
        Context.Parent.Tell(new RosterKnown(_roster));
        Tell();
    }

    private IActorRef Child(VmId id)
    {
        var child = Context.Child(id.ToString());
        return child.IsNobody() ? Start(id) : child;
    }

    private IActorRef Start(VmId id)
    {
        var child = Context.Watch(Context.ActorOf(Props.Create(() => new VmActor(id, _environment)), id.ToString()));
        if (_session is { } session)
        {
            child.Tell(new VmActor.SessionUp(session, false, null));
        }

        return child;
    }

    /// <summary>Starts a VM's actor; the create command goes along in case the agent was killed between letting the VM in and the VM's own first event.</summary>
    private void StartKnown(VmId id)
    {
        var entry = _roster.Vms[id];
        // Nobody, not no sender: an answer to the latter is logged as a dead letter with all that it holds.
        Start(id).Tell(new VmActor.Initialize(new(id, entry.Spec, null, entry.Request), false), ActorRefs.Nobody);
    }

    private void LetIn(VmCommands.Create command)
    {
        var (earlier, refusal) = _roster.Decide(command);
        if (earlier is { } vm)
        {
            Forward(command with { VmId = vm });
        }
        else if (refusal is not null)
        {
            Sender.Tell(new VmReply.Refused(refusal));
        }
        else if (_storing.TryGetValue(command.Request.Id, out var same))
        {
            same.Add((command, Sender));
        }
        else if (_storing.Values.Any(creates => creates[0].Command.VmId == command.VmId))
        {
            Sender.Tell(new VmReply.Refused(new(FailureCodes.VmExists, "A VM with this id is being accepted under another key. Give another id, or none.", true)));
        }
        else if (Unfit(command) is { } unfit)
        {
            Sender.Tell(new VmReply.Refused(unfit));
        }
        else if (command.UserData is not null && !_isSwept)
        {
            // The sweep takes a folder with nothing but user data for what a kill left behind.
            Stash.Stash();
        }
        else
        {
            Judge(command);
        }
    }

    /// <summary>
    /// Lets a VM in when there is room for it. Nothing comes between the judgement and the moment it is counted: a create waits here for nothing but its user data, and is counted meanwhile.
    /// </summary>
    private void Judge(VmCommands.Create command)
    {
        var verdict = _vacancy.Judge(command, Counted());
        if (verdict.Spec is not { } spec)
        {
            Sender.Tell(new VmReply.Refused(verdict.Refusal!) { Shortages = verdict.Shortages });
        }
        else if (command.UserData is { } userData)
        {
            _storing[command.Request.Id] = [(command with { Spec = spec }, Sender)];
            Store(command with { Spec = spec }, userData);
        }
        else
        {
            Admit(command with { Spec = spec }, Sender);
        }
    }

    /// <summary>The VMs that exist, and those that will as soon as their user data is stored.</summary>
    private IEnumerable<KeyValuePair<VmId, VmSpec>> Counted() => _roster.Vms.Select(v => KeyValuePair.Create(v.Key, v.Value.Spec))
        .Concat(_storing.Values.Select(creates => KeyValuePair.Create(creates[0].Command.VmId, creates[0].Command.Spec)));

    private void Learn(ResourceMessages.CapacityKnown known)
    {
        foreach (var warning in _vacancy.Learn(known.Capacity, [.. Counted()]))
        {
            _log.Warning("{0}", warning);
        }

        Tell();
    }

    private Failure? Unfit(VmCommands.Create command)
    {
        if (_session is not { } session)
        {
            return new(FailureCodes.HypervisorUnavailable, $"libvirt is not connected ({_lostReason}), so no VM can be made. Try again when /readyz answers 200.", false);
        }

        if (session.Facts.Acceleration == Acceleration.None)
        {
            return new(FailureCodes.NoAcceleration, session.Facts.AccelerationReason, true);
        }

        return _foreign.ContainsKey(command.VmId.Value)
            ? new(FailureCodes.ForeignDomain, "A domain with this UUID exists on the host and is not the agent's. Give another id, or none.", true)
            : null;
    }

    private void Store(VmCommands.Create command, ReadOnlyMemory<byte> userData)
    {
        var deadline = new CancellationTokenSource(UserDataDeadline);
        Task.Run(() => _environment.Files.StoreUserDataAsync(command.VmId, userData, deadline.Token))
            .PipeTo(Self, success: () => new UserDataStored(command, null, deadline), failure: cause => new UserDataStored(command, cause, deadline));
    }

    private void Admit(UserDataStored stored)
    {
        stored.Deadline.Dispose();
        _storing.Remove(stored.Command.Request.Id, out var askers);
        if (stored.Cause is { } cause)
        {
            var failure = cause is FailureException known ? known.Failure : new(FailureCodes.HostError, $"The user data could not be stored: {cause.Message}", false);
            askers!.ForEach(a => a.Asker.Tell(new VmReply.Refused(failure)));
            return;
        }

        Admit(stored.Command, askers![0].Asker);
        foreach (var (command, asker) in askers.Skip(1))
        {
            // By the time it is heard, the first is on the roster and this one meets the same operation or a conflict.
            Self.Tell(command, asker);
        }
    }

    /// <summary>The VM's actor asks the journal what it knows of the VM while the roster is stored. Only then does it hear of the create; without, it leaves no trace.</summary>
    private void Admit(VmCommands.Create command, IActorRef asker)
    {
        _asker = asker;
        var child = Child(command.VmId);
        Persist(new RosterEvents.Admitted(command.VmId, command.Spec, command.Request, Now), admitted =>
        {
            _environment.Written.Set();
            Apply(admitted);
            // What the last list did not hold is absent as far as the hypervisor has told; define checks once more.
            var isKnownAbsent = _session is not null && !_listed.Contains(command.VmId.Value);
            child.Tell(new VmActor.Initialize(command with { UserData = null }, isKnownAbsent), asker);
        });
    }

    private void Apply(IRosterEvent @event)
    {
        _roster = _roster.Apply(@event);
        Context.Parent.Tell(new RosterKnown(_roster));
        if (LastSequenceNr % SnapshotEvery == 0)
        {
            SaveSnapshot(_roster);
        }
    }

    private void Forward(IVmMessage message)
    {
        var id = message.VmId;
        if (_fallen.Contains(id))
        {
            Sender.Tell(new VmReply.Refused(new(FailureCodes.Restarting, "The VM's actor fell and is being started again; the VM itself is not touched. Try again.", false)));
        }
        else if (_roster.Vms.ContainsKey(id))
        {
            Child(id).Forward(Inward(message));
        }
        else if (_roster.IsGone(id) && message is not VmQueries.Get)
        {
            Child(id).Forward(Inward(message));
        }
        else if (_roster.IsGone(id))
        {
            Sender.Tell(new VmReply.Refused(new(FailureCodes.VmDeleted, "The VM is deleted; its history can still be read.", true)));
        }
        else
        {
            Sender.Tell(new VmReply.Refused(new(FailureCodes.VmNotFound, "There is no such VM.", true)));
        }
    }

    private static object Inward(IVmMessage message) => message is VmCommands.Create create ? new VmActor.Initialize(create with { UserData = null }, false) : message;

    private void ComeUp(HypervisorMessages.Up up)
    {
        _session = up.Session;
        _listed = up.Domains.Select(d => d.Id).ToHashSet();
        _foreign.Clear();
        var byId = up.Domains.ToDictionary(d => d.Id);
        foreach (var status in up.Domains.Where(d => !_roster.Vms.ContainsKey(new(d.Id))))
        {
            _foreign[status.Id] = status;
        }

        foreach (var id in _roster.Vms.Keys.Where(id => !_fallen.Contains(id)))
        {
            Child(id).Tell(new VmActor.SessionUp(up.Session, true, byId.GetValueOrDefault(id.Value)));
        }

        Tell();
    }

    private void GoDown(HypervisorMessages.Lost lost)
    {
        _session = null;
        _lostReason = lost.Reason;
        _unreconciled.UnionWith(_roster.Vms.Keys);
        foreach (var child in Context.GetChildren())
        {
            child.Tell(VmActor.SessionLost.Instance);
        }

        Tell();
    }

    private void Pass(DomainEvent happened)
    {
        var id = new VmId(happened.Id);
        if (!_roster.Vms.ContainsKey(id))
        {
            Note(happened);
        }
        else if (!_fallen.Contains(id))
        {
            Child(id).Tell(happened.Kind switch
            {
                DomainEventKind.Rebooted => VmActor.GuestRebooted.Instance,
                DomainEventKind.Panicked => VmActor.GuestPanicked.Instance,
                _ => VmActor.Hint.Instance,
            });
        }
    }

    private void Note(DomainEvent happened)
    {
        if (happened.Status is not { } status)
        {
            return;
        }

        var before = _foreign.Count;
        if (status.State == PowerState.Absent)
        {
            _foreign.Remove(happened.Id);
        }
        else
        {
            _foreign[happened.Id] = status;
        }

        if (_foreign.Count != before)
        {
            Tell();
        }
    }

    private void Sweep(HypervisorMessages.Swept swept)
    {
        var shown = _environment.Board.Current;
        var byId = swept.Domains.ToDictionary(d => d.Id);
        _listed = byId.Keys.ToHashSet();
        foreach (var id in _roster.Vms.Keys)
        {
            var said = VmWords.Of(byId.TryGetValue(id.Value, out var status) ? status.State : PowerState.Absent);
            if (shown.TryGetValue(id, out var vm) && vm.Status.State != said && !_fallen.Contains(id))
            {
                Child(id).Tell(VmActor.Hint.Instance);
            }
        }

        _foreign.Clear();
        foreach (var status in swept.Domains.Where(d => !_roster.Vms.ContainsKey(new(d.Id))))
        {
            _foreign[status.Id] = status;
        }

        Tell();
    }

    private VmQueries.ForeignDomains Foreign() => new([.. _foreign.Values.OrderBy(d => d.Name, StringComparer.Ordinal).Select(d => new ForeignDomainResource(d.Id, d.Name, VmWords.Of(d.State)))]);

    private void StartAddresses()
    {
        // A guest that has an address rarely gets another one while it runs: then every fourth time will do.
        var running = _environment.Board.Current.Values.Where(vm => vm.Status.State == "running").ToList();
        if (running.Exists(vm => vm.Addresses.Count == 0) || (running.Count > 0 && ++_rested % 4 == 0))
        {
            _session!.LeasesAsync(CancellationToken.None).PipeTo(Self, success: leases => new Leases(leases), failure: _ => Nothing.Instance);
        }
    }

    private void Show(Leases leases)
    {
        foreach (var (id, vm) in _environment.Board.Current)
        {
            if (leases.ByMac.TryGetValue(vm.MacAddress, out var addresses) && vm.Status.State == "running" && !addresses.SequenceEqual(vm.Addresses) && !_fallen.Contains(id))
            {
                Child(id).Tell(new VmActor.AddressesSeen(addresses));
            }
        }
    }

    private void Reconciled(VmId id)
    {
        _falls.Remove(id);
        if (_unreconciled.Remove(id) && _unreconciled.Count == 0)
        {
            Tell();
        }
    }

    private void Bury(VmId id)
    {
        if (_roster.Vms.ContainsKey(id))
        {
            Persist(new RosterEvents.Removed(id, Now), removed =>
            {
                Apply(removed);
                _unreconciled.Remove(id);
                Tell();
            });
        }
    }

    private void Tell()
    {
        var isReconciled = _session is not null && _unreconciled.Count == 0;
        if (isReconciled && !_isTold)
        {
            _log.Info("All {0} VMs agree with libvirt or are on their way", _roster.Vms.Count);
        }

        _isTold = isReconciled;
        Context.Parent.Tell(new RegistryState(isReconciled, _roster.Vms.Count, _unreconciled.Count, _foreign.Count, _vacancy.IsKnown));
    }

    /// <summary>How far the VMs are, for the node.</summary>
    internal sealed record RegistryState(bool IsReconciled, int Vms, int Unreconciled, int Foreign, bool HasCapacity);

    /// <summary>Which VMs exist; told after the start and after every change, before whoever asked for it is answered.</summary>
    internal sealed record RosterKnown(VmRoster Roster);

    private sealed record UserDataStored(VmCommands.Create Command, Exception? Cause, CancellationTokenSource Deadline);

    private sealed record Leases(IReadOnlyDictionary<string, IReadOnlyList<string>> ByMac);

    private sealed record Revive(VmId VmId);

    private sealed record AskAddresses
    {
        public static readonly AskAddresses Instance = new();
    }

    private sealed record FilesSwept
    {
        public static readonly FilesSwept Instance = new();
    }

    private sealed record Nothing
    {
        public static readonly Nothing Instance = new();
    }
}
