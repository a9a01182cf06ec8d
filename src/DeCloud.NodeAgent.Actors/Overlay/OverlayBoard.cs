using System.Collections.Immutable;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Actors.Overlay;

/// <summary>How VMs are led into the overlay, for those who must not ask: published by the bridge's actor, waited for before an attached VM starts.</summary>
/// <param name="settings">What the operator set about the overlay.</param>
public sealed class OverlayBoard(OverlaySettings settings)
{
    private WireGuardVmsResource? _shown;

    /// <summary>What the operator set.</summary>
    public OverlaySettings Settings { get; } = settings;

    /// <summary>Whether attached VMs may be started.</summary>
    public NetworkBoard Way { get; } = new();

    /// <summary>What there is to see of it; null when no VMs are attached on this node, or before it is known.</summary>
    public WireGuardVmsResource? Shown => Volatile.Read(ref _shown);

    internal void Publish(NetworkState way, WireGuardVmsResource? shown)
    {
        Volatile.Write(ref _shown, shown);
        Way.Publish(way);
    }
}
