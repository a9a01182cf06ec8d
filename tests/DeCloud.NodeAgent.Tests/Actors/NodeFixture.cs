using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence.Journal;
using Akka.Persistence;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Orchestration;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Simulation;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Tests.Actors;

/// <summary>A whole node in virtual time: the real actors on a simulated hypervisor and disk, with a journal in memory that can break.</summary>
public abstract class NodeFixture : TestKit
{
    private static readonly Config Setup = ConfigurationFactory.ParseString("""
        akka.loglevel = ERROR
        akka.scheduler.implementation = "DeCloud.NodeAgent.Tests.VirtualScheduler, DeCloud.NodeAgent.Tests"
        akka.persistence.journal.plugin = "breakable"
        breakable.class = "DeCloud.NodeAgent.Tests.Actors.BreakableJournal, DeCloud.NodeAgent.Tests"
        breakable.plugin-dispatcher = "akka.actor.default-dispatcher"
        akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
        """);

    protected NodeFixture(ITestOutputHelper output)
        : base(Setup, "node", output) => Node = StartNode();

    protected SimulatedHypervisor Hypervisor { get; } = new();

    protected SimulatedDisk Disk { get; } = new();

    protected SimulatedOverlay Overlay { get; } = new();

    protected SimulatedBridge Bridge { get; } = new();

    protected virtual OverlaySettings OverlaySettings => new("wg0", 51820, null);

    protected SimulatedFilter Filter { get; } = new();

    /// <summary>Whether VMs are isolated; null for a node without a packet filter.</summary>
    protected virtual IsolationMode? Isolation => null;

    protected NetworkBoard Network { get; private set; } = new();

    protected VmBoard Board { get; private set; } = new();

    protected OperationBoard Operations { get; private set; } = new();

    protected SupervisionBoard Supervision { get; private set; } = new();

    protected NodeGaugeBoard Gauges { get; } = new();

    protected VmPolicy Policy { get; } = new();

    protected IActorRef Node { get; private set; }

    protected private VirtualScheduler Clock => (VirtualScheduler)Sys.Scheduler;

    protected virtual OrchestratorParts? Orchestrator => null;

    protected virtual ImageCachePolicy ImagePolicy => new(1L << 40, TimeSpan.FromDays(1));

    /// <summary>The machine, where a test has one. Asked for before the constructor of whoever says so has run.</summary>
    protected virtual ResourceParts? Machine => null;

    /// <summary>What the host is said to have; null to say nothing.</summary>
    protected HostCapacity? Capacity { get; set; } = Resources.Hosts.Large;

    protected virtual AdmissionPolicy Admission => new();

    /// <summary>What warnings are made of, where a test looks at them. Asked for before the constructor of whoever says so has run.</summary>
    protected virtual WarningParts? Warnings => null;

    /// <summary>Says what the host has.</summary>
    protected void Tell(HostCapacity capacity) => Node.Tell(new ResourceMessages.CapacityKnown(capacity));

    /// <summary>Ends the node and starts another on the same journal, as after a kill.</summary>
    protected async Task RestartNode()
    {
        await Node.GracefulStop(TimeSpan.FromSeconds(5));
        Hypervisor.Lose("the agent is gone");
        Board = new();
        Network = new();
        Operations = new();
        Supervision = new();
        Node = StartNode();
    }

    protected async Task Connected() => await Until(async () => (await Node.Ask<Readiness>(new NodeQueries.GetReadiness(), Wait)) is { Reconciled: true } readiness && (readiness.Capacity || Capacity is null));

    protected static TimeSpan Wait => TimeSpan.FromSeconds(5);

    protected async Task<VmReply> Ask(object message)
    {
        // Ask's own timeout stands still in virtual time, so the wait is bounded outside.
        return await Node.Ask<VmReply>(message, Timeout.InfiniteTimeSpan).WaitAsync(Wait);
    }

    protected async Task<VmReply.Accepted> Accepted(object message) => Assert.IsType<VmReply.Accepted>(await Ask(message));

    protected async Task<Failure> Refused(object message) => Assert.IsType<VmReply.Refused>(await Ask(message)).Failure;

    /// <summary>Lets pauses pass until a question that meets falling actors is answered as wished.</summary>
    protected Task AnswersAgain(object question, Func<VmReply, bool> isWished) => Until(async () =>
    {
        Clock.Advance(TimeSpan.FromMilliseconds(250));
        try
        {
            return isWished(await Node.Ask<VmReply>(question, Timeout.InfiniteTimeSpan).WaitAsync(TimeSpan.FromMilliseconds(500)));
        }
        catch (TimeoutException)
        {
            // A question that meets a falling actor is lost; whoever asks asks again.
            return false;
        }
    });

    protected async Task<OperationResource> Operation(VmId id, long number) => Assert.IsType<VmReply.Operation>(await Ask(new VmQueries.GetOperation(id, number, TimeSpan.Zero))).Resource;

    protected async Task<VmId> Running()
    {
        var id = VmId.New();
        await Accepted(Samples.Create(id, $"create-{id}"));
        await Until(() => Board.Current.TryGetValue(id, out var vm) && vm.Status.State == "running" && vm.Step is null);
        return id;
    }

    protected VmResource Shown(VmId id) => Board.Current[id];

    protected static Task Until(Func<bool> condition) => Until(() => Task.FromResult(condition()));

    protected static Task Until(Func<bool> condition, TimeSpan atMost) => Until(() => Task.FromResult(condition()), atMost);

    protected static Task Until(Func<Task<bool>> condition) => Until(condition, TimeSpan.FromSeconds(8));

    protected static async Task Until(Func<Task<bool>> condition, TimeSpan atMost)
    {
        var deadline = Environment.TickCount64 + (long)atMost.TotalMilliseconds;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "The condition did not come true in time.");
            await Task.Delay(5);
        }
    }

    /// <summary>Lets virtual time pass in small steps until a condition holds; fails after the given virtual time.</summary>
    protected async Task Pass(TimeSpan atMost, Func<bool> condition)
    {
        var step = TimeSpan.FromMilliseconds(250);
        for (var passed = TimeSpan.Zero; passed < atMost && !condition(); passed += step)
        {
            Clock.Advance(step);
            await Task.Delay(10);
        }

        await Until(condition);
    }

    private NetworkParts? Parts => Isolation is { } mode ? new(Filter, new NetworkPolicy { Isolation = mode }, Network) : null;

    private IActorRef StartNode()
    {
        var parts = new NodeParts("test", Hypervisor, Disk, Disk, Board, Policy, ImagePolicy, new JournalSignal(), Operations, Parts, Machine) { Overlay = Overlay.Parts(OverlaySettings) with { Bridge = Bridge }, Admission = Admission, Orchestrator = Orchestrator, Warnings = Warnings, Gauges = Gauges, Supervision = Supervision };
        var node = Sys.ActorOf(Props.Create(() => new NodeSupervisor(parts)), $"node-{Guid.NewGuid():N}");
        if (Capacity is { } capacity)
        {
            node.Tell(new ResourceMessages.CapacityKnown(capacity));
        }

        return node;
    }
}

/// <summary>A journal in memory whose writes can be made to fail, one per actor system.</summary>
public sealed class BreakableJournal : MemoryJournal
{
    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<ActorSystem, Fault> Faults = [];
    private readonly Fault _fault = Of(Context.System);

    public static Fault Of(ActorSystem system) => Faults.GetOrCreateValue(system);

    protected override Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken) =>
        !_fault.Takes(messages) ? WriteAsync([.. messages], cancellationToken)
        : _fault.IsRejecting ? Task.FromResult<IImmutableList<Exception?>>([.. messages.Select(_ => new IOException("no such type"))])
        : Task.FromException<IImmutableList<Exception?>>(new IOException("disk full"));

    private async Task<IImmutableList<Exception?>> WriteAsync(List<AtomicWrite> messages, CancellationToken cancellation)
    {
        var written = await base.WriteMessagesAsync(messages, cancellation);
        _fault.Keep(messages);
        return written;
    }

    public sealed class Fault
    {
        private volatile bool _isBroken;
        private Type? _breaksOnceAt;
        private ImmutableList<(string PersistenceId, long Sequence, object Event)> _written = [];

        public bool IsBroken
        {
            get => _isBroken;
            set => _isBroken = value;
        }

        /// <summary>Everything that was written, in its order.</summary>
        public ImmutableList<(string PersistenceId, long Sequence, object Event)> Written => Volatile.Read(ref _written);

        /// <summary>Whether <see cref="BreakOnceAt"/> has not had its effect yet.</summary>
        public bool IsSetToBreak => Volatile.Read(ref _breaksOnceAt) is not null;

        /// <summary>Whether what breaks is told to be refused, not to have failed.</summary>
        public bool IsRejecting { get; private set; }

        /// <summary>Breaks at the next write of an event of this type, and only then.</summary>
        public void BreakOnceAt(Type @event, bool isRejected = false)
        {
            IsRejecting = isRejected;
            Volatile.Write(ref _breaksOnceAt, @event);
        }

        internal void Keep(IEnumerable<AtomicWrite> writes) =>
            ImmutableInterlocked.Update(
                ref _written,
                static (all, more) => all.AddRange(more.SelectMany(w => (IImmutableList<IPersistentRepresentation>)w.Payload).Select(p => (p.PersistenceId, p.SequenceNr, p.Payload))),
                writes);

        internal bool Takes(IEnumerable<AtomicWrite> writes)
        {
            if (_isBroken)
            {
                return true;
            }

            var breaks = Volatile.Read(ref _breaksOnceAt) is { } type && writes.Any(w => ((IImmutableList<IPersistentRepresentation>)w.Payload).Any(p => p.Payload.GetType() == type));
            if (breaks)
            {
                Volatile.Write(ref _breaksOnceAt, null);
            }

            return breaks;
        }
    }
}
