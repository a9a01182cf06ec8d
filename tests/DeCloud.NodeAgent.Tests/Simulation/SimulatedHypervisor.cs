using System.Collections.Concurrent;
using System.Threading.Channels;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Simulation;

/// <summary>
/// A hypervisor in memory, with faults to order: it can be away, lose its sessions, hold calls back and fail them. Passes the contract tests of the real adapter.
/// </summary>
public sealed class SimulatedHypervisor : IHypervisor
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Domain> _domains = [];
    private readonly List<Session> _sessions = [];
    private readonly ConcurrentDictionary<string, int> _failures = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _holds = new();
    private readonly ConcurrentDictionary<Guid, DomainSpec> _definitions = new();
    private volatile bool _isSilent;

    /// <summary>Whether connecting fails.</summary>
    public bool IsAway { get; set; }

    /// <summary>The addresses that guests have, by Ethernet address.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<string, IReadOnlyList<string>> Leases { get; } = new();

    /// <summary>The bridge of the VMs' network.</summary>
    public string? VmBridge { get; set; } = "virbr0";

    /// <summary>What VMs run on.</summary>
    public Acceleration Acceleration { get; set; } = Acceleration.Kvm;

    /// <summary>What guests do when they are asked to power off.</summary>
    public bool GuestsObey { get; set; } = true;

    /// <summary>What domains have sent and received, where it is not nothing.</summary>
    public ConcurrentDictionary<Guid, DomainUsage> Traffic { get; } = new();

    /// <summary>Every call that reached the hypervisor, in order.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>The domain of a VM: its state, or absent.</summary>
    public PowerState StateOf(VmId id)
    {
        lock (_gate)
        {
            return _domains.TryGetValue(id.Value, out var domain) ? domain.State : PowerState.Absent;
        }
    }

    /// <summary>What a domain was last defined as.</summary>
    public DomainSpec DefinitionOf(VmId id) => _definitions[id.Value];

    /// <summary>Lets the next calls of a name fail.</summary>
    public void Fail(string call, int times) => _failures[call] = times;

    /// <summary>Whether a call that is held ends when it is cancelled; false as for one that is on its way to the daemon and takes effect all the same.</summary>
    public bool HeedsCancelling { get; set; } = true;

    /// <summary>Holds calls of a name back until the returned source is set.</summary>
    public TaskCompletionSource Hold(string call) => _holds[call] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends every session, as a daemon that died.</summary>
    public void Lose(string reason)
    {
        List<Session> lost;
        lock (_gate)
        {
            lost = [.. _sessions];
            _sessions.Clear();
        }

        lost.ForEach(s => s.Close(reason, isLost: true));
    }

    /// <summary>Puts a domain there that nobody asked for.</summary>
    public void Plant(Guid id, string name, PowerState state) => Set(id, new(name, state, PowerReason.Booted, false));

    /// <summary>Lets something happen to a domain from outside.</summary>
    public void Happen(VmId id, PowerState state, PowerReason reason) => Set(id.Value, new(id.DomainName, state, reason, true));

    /// <summary>Loses every event until the returned value is disposed.</summary>
    public IDisposable Silence()
    {
        _isSilent = true;
        return new Voice(this);
    }

    /// <summary>Lets a guest's kernel panic: as libvirt tells it, the domain then is one that crashed.</summary>
    public void Panic(VmId id)
    {
        Tell(new(id.Value, DomainEventKind.Panicked, null));
        Happen(id, PowerState.Stopped, PowerReason.Crashed);
    }

    /// <summary>Lets a guest reboot.</summary>
    public void Reboot(VmId id) => Tell(new(id.Value, DomainEventKind.Rebooted, null));

    /// <inheritdoc/>
    public Task<IHypervisorSession> ConnectAsync(CancellationToken cancellation)
    {
        if (IsAway)
        {
            throw FailureException.Transient(FailureCodes.HypervisorUnavailable, "The simulated hypervisor is away.");
        }

        var session = new Session(this);
        lock (_gate)
        {
            _sessions.Add(session);
        }

        return Task.FromResult<IHypervisorSession>(session);
    }

    private void Set(Guid id, Domain domain)
    {
        lock (_gate)
        {
            _domains[id] = domain;
        }

        Tell(new(id, DomainEventKind.State, new(id, domain.Name, domain.State, domain.Reason)));
    }

    private void Tell(DomainEvent happened)
    {
        lock (_gate)
        {
            if (!_isSilent)
            {
                _sessions.ForEach(s => s.Events.Writer.TryWrite(happened));
            }
        }
    }

    private sealed class Voice(SimulatedHypervisor owner) : IDisposable
    {
        public void Dispose() => owner._isSilent = false;
    }

    private sealed record Domain(string Name, PowerState State, PowerReason Reason, bool IsOurs);

    private sealed class Session(SimulatedHypervisor owner) : IHypervisorSession
    {
        private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Channel<DomainEvent> Events { get; } = Channel.CreateUnbounded<DomainEvent>();

        public HypervisorFacts Facts => new("9.0.0", "7.2.0", owner.Acceleration, owner.Acceleration == Acceleration.None ? "There is no KVM here." : "simulated", owner.VmBridge);

        public Task<string> Closed => _closed.Task;

        public void Close(string reason, bool isLost)
        {
            _closed.TrySetResult(reason);
            Events.Writer.TryComplete(isLost ? Lost() : null);
        }

        public IAsyncEnumerable<DomainEvent> EventsAsync(CancellationToken cancellation) => Events.Reader.ReadAllAsync(cancellation);

        public async Task<IReadOnlyList<DomainStatus>> ListAsync(CancellationToken cancellation)
        {
            await EnterAsync("list", null, cancellation);
            lock (owner._gate)
            {
                return [.. owner._domains.Select(d => new DomainStatus(d.Key, d.Value.Name, d.Value.State, d.Value.Reason))];
            }
        }

        public async Task<IReadOnlyList<DomainUsage>> UsageAsync(CancellationToken cancellation)
        {
            await EnterAsync("usage", null, cancellation);
            lock (owner._gate)
            {
                return [.. owner._domains.Where(d => d.Value.State != PowerState.Stopped).Select(d => owner.Traffic.GetValueOrDefault(d.Key) ?? new DomainUsage(d.Key, 0, 0))];
            }
        }

        public async Task<DomainStatus?> LookAsync(VmId id, CancellationToken cancellation)
        {
            await EnterAsync("look", null, cancellation);
            lock (owner._gate)
            {
                return owner._domains.TryGetValue(id.Value, out var d) ? new(id.Value, d.Name, d.State, d.Reason) : null;
            }
        }

        public async Task<DomainStatus?> DefineAsync(DomainSpec domain, CancellationToken cancellation)
        {
            await EnterAsync("define", domain.Id, cancellation);
            if (owner.Acceleration == Acceleration.None)
            {
                throw FailureException.Permanent(FailureCodes.NoAcceleration, "There is no KVM here.");
            }

            owner._definitions[domain.Id.Value] = domain;
            if (FindOwn(domain.Id) is null)
            {
                owner.Set(domain.Id.Value, new(domain.Id.DomainName, PowerState.Stopped, PowerReason.Unspecified, true));
                return new(domain.Id.Value, domain.Id.DomainName, PowerState.Stopped, PowerReason.Unspecified);
            }

            owner.Tell(new(domain.Id.Value, DomainEventKind.Changed, null));
            return null;
        }

        public Task StartAsync(VmId id, CancellationToken cancellation) =>
            MoveAsync("start", id, d => d.State == PowerState.Stopped ? d with { State = PowerState.Running, Reason = PowerReason.Booted } : d, cancellation);

        public Task ShutdownAsync(VmId id, CancellationToken cancellation) =>
            MoveAsync("shutdown", id, d => owner.GuestsObey && d.State == PowerState.Running ? d with { State = PowerState.Stopped, Reason = PowerReason.GuestShutdown } : d, cancellation);

        public async Task RebootAsync(VmId id, CancellationToken cancellation)
        {
            await MoveAsync("reboot", id, Runs, cancellation);
            if (owner.GuestsObey)
            {
                owner.Reboot(id);
            }
        }

        public Task ResetAsync(VmId id, CancellationToken cancellation) => MoveAsync("reset", id, Runs, cancellation);

        public Task SuspendAsync(VmId id, CancellationToken cancellation) => MoveAsync(
            "suspend", id, d => Runs(d).State == PowerState.Running ? d with { State = PowerState.Paused, Reason = PowerReason.UserPaused } : d, cancellation);

        public Task ResumeAsync(VmId id, CancellationToken cancellation) => MoveAsync(
            "resume", id, d => Runs(d).State == PowerState.Paused ? d with { State = PowerState.Running, Reason = PowerReason.Resumed } : d, cancellation);

        public async Task DestroyAsync(VmId id, CancellationToken cancellation)
        {
            await EnterAsync("destroy", id, cancellation);
            if (FindOwn(id) is { State: PowerState.Running or PowerState.Paused } domain)
            {
                owner.Set(id.Value, domain with { State = PowerState.Stopped, Reason = PowerReason.Destroyed });
            }
        }

        public async Task UndefineAsync(VmId id, CancellationToken cancellation)
        {
            await EnterAsync("undefine", id, cancellation);
            if (FindOwn(id) is not { } domain)
            {
                return;
            }

            if (domain.State != PowerState.Stopped)
            {
                throw FailureException.Transient(FailureCodes.HypervisorError, "The domain runs.");
            }

            lock (owner._gate)
            {
                owner._domains.Remove(id.Value);
            }

            owner.Tell(new(id.Value, DomainEventKind.Removed, new(id.Value, domain.Name, PowerState.Absent, PowerReason.Unspecified)));
        }

        public async Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> LeasesAsync(CancellationToken cancellation)
        {
            await EnterAsync("leases", null, cancellation);
            return new Dictionary<string, IReadOnlyList<string>>(owner.Leases);
        }

        public async Task<string?> VncSocketAsync(VmId id, CancellationToken cancellation)
        {
            await EnterAsync("vnc", null, cancellation);
            return null;
        }

        public async Task<IConsoleLine> OpenConsoleAsync(VmId id, bool takesOver, CancellationToken cancellation)
        {
            await EnterAsync("console", null, cancellation);
            throw FindOwn(id) is { State: PowerState.Running or PowerState.Paused }
                ? FailureException.Transient(FailureCodes.ConsoleBusy, "Simulated guests have no console to themselves.")
                : FailureException.Permanent(FailureCodes.VmNotRunning, "The domain does not run.");
        }

        public ValueTask DisposeAsync()
        {
            Close("disposed", isLost: false);
            return ValueTask.CompletedTask;
        }

        private static FailureException Lost() => FailureException.Transient(FailureCodes.HypervisorUnavailable, "The session is lost.");

        private static Domain Runs(Domain domain) =>
            domain.State != PowerState.Stopped ? domain : throw FailureException.Transient(FailureCodes.HypervisorError, "The domain does not run.");

        private Domain? FindOwn(VmId id)
        {
            lock (owner._gate)
            {
                var domain = owner._domains.GetValueOrDefault(id.Value);
                return domain is not { IsOurs: false } ? domain : throw FailureException.Permanent(FailureCodes.ForeignDomain, "A domain with this UUID is not the agent's.");
            }
        }

        private async Task MoveAsync(string call, VmId id, Func<Domain, Domain> move, CancellationToken cancellation)
        {
            await EnterAsync(call, id, cancellation);
            var domain = FindOwn(id) ?? throw FailureException.Transient(FailureCodes.HypervisorError, "There is no such domain.");
            var moved = move(domain);
            if (moved != domain)
            {
                owner.Set(id.Value, moved);
            }
        }

        private async Task EnterAsync(string call, VmId? id, CancellationToken cancellation)
        {
            if (_closed.Task.IsCompleted)
            {
                throw Lost();
            }

            if (id is not null)
            {
                owner.Calls.Enqueue(call);
            }

            if (owner._holds.TryGetValue(call, out var hold))
            {
                await hold.Task.WaitAsync(owner.HeedsCancelling ? cancellation : CancellationToken.None);
            }

            if (owner._failures.TryGetValue(call, out var left) && left > 0)
            {
                owner._failures[call] = left - 1;
                throw FailureException.Transient(FailureCodes.HypervisorError, $"The simulated {call} fails.");
            }
        }
    }
}
