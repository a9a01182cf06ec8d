using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Tests.Simulation;

/// <summary>The VMs' way into the overlay in memory: either as it shall be, or not there at all.</summary>
public sealed class SimulatedBridge : IOverlayBridge
{
    private VmBridge? _made;

    /// <summary>Why nothing works; null when it does.</summary>
    public string? Broken { get; set; }

    /// <summary>What is there.</summary>
    public VmBridge? Made => Volatile.Read(ref _made);

    /// <summary>Marks whose bridges were removed.</summary>
    public ImmutableList<string> Removed { get; private set; } = [];

    /// <summary>Somebody removes everything.</summary>
    public void Remove() => Volatile.Write(ref _made, null);

    public Task<BridgeSighting> LookAsync(VmBridge target, CancellationToken cancellation)
    {
        var isMade = target.Equals(Broken is null ? Made : throw FailureException.Transient(FailureCodes.WireGuardUnavailable, Broken));
        return Task.FromResult(new BridgeSighting(
            [new SeenLink(target.Bridge, "bridge", target.Mark, true, [target.Address]) { MacAddress = target.MacAddress }],
            ImmutableDictionary<string, bool>.Empty,
            isMade));
    }

    public Task ApplyAsync(BridgeStep step, VmBridge target, CancellationToken cancellation)
    {
        Assert.IsType<BridgeStep.SetRules>(step);
        Volatile.Write(ref _made, target);
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string mark, CancellationToken cancellation)
    {
        Removed = Removed.Add(mark);
        return Task.CompletedTask;
    }
}
