using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Actors.Overlay;

/// <summary>What the overlay's actor works with.</summary>
/// <param name="Settings">What the operator set.</param>
/// <param name="Mark">What says on an interface that this agent made it: the same for one state folder, another for another.</param>
/// <param name="Interface">The interface on this host.</param>
/// <param name="Keys">Where the secrets are kept.</param>
public sealed record OverlayParts(OverlaySettings Settings, string Mark, IOverlayInterface Interface, IOverlayKeys Keys)
{
    /// <summary>What leads VMs into the overlay on this host; null on a host that runs none.</summary>
    public IOverlayBridge? Bridge { get; init; }

    /// <summary>What says on a bridge that this agent made it. Another than the tunnel's, which takes every other interface with its mark for one of an earlier configuration.</summary>
    public string BridgeMark => Mark + " vms";
}
