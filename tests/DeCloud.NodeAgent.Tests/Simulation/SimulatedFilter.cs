using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Tests.Simulation;

/// <summary>A packet filter that keeps the rules it was given, and can be missing or refuse.</summary>
public sealed class SimulatedFilter : IPacketFilter
{
    private volatile NetworkRules? _inForce;
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _applied;

    public NetworkRules? InForce => _inForce;

    public int Applied => Volatile.Read(ref _applied);

    public Failure? Missing { get; set; }

    public Failure? Refusal { get; set; }

    /// <summary>Why forwarded ports are not let through.</summary>
    public Failure? Unforwarded { get; set; }

    public Dictionary<int, PortProtocol> Busy { get; } = [];

    public Task<Failure?> ProbeAsync(CancellationToken cancellation) => Task.FromResult(Missing);

    public Task<FilterOutcome> ApplyAsync(NetworkRules rules, bool isSuspect, CancellationToken cancellation)
    {
        if (Refusal is { } refusal)
        {
            throw new FailureException(refusal);
        }

        _inForce = rules;
        Interlocked.Increment(ref _applied);
        return Task.FromResult(new FilterOutcome(false, Unforwarded));
    }

    public Task ChangedAsync(CancellationToken cancellation) => Volatile.Read(ref _change).Task.WaitAsync(cancellation);

    /// <summary>Takes the rules away, as somebody who flushes the host's ruleset does, and has it told.</summary>
    public void Flush()
    {
        _inForce = null;
        Interlocked.Exchange(ref _change, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public Task<IReadOnlyDictionary<int, PortProtocol>> BusyPortsAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyDictionary<int, PortProtocol>>(new Dictionary<int, PortProtocol>(Busy));
}
