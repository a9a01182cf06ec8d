using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Overlay;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Orchestration;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Node;

/// <summary>What the node's actors work with.</summary>
/// <param name="Version">Version of the agent, for those who ask.</param>
/// <param name="Hypervisor">The way to libvirt.</param>
/// <param name="ImageStore">The images on disk.</param>
/// <param name="Files">The VMs' files.</param>
/// <param name="Board">Where VMs show themselves.</param>
/// <param name="VmPolicy">How patient to be with VMs.</param>
/// <param name="ImagePolicy">How the image cache behaves.</param>
/// <param name="Written">Told when events were stored.</param>
/// <param name="Operations">Where operations are shown.</param>
/// <param name="Network">The VMs' network; null where the host has no packet filter, and then ports are refused and VMs start without it.</param>
/// <param name="Resources">The way to the machine's own facts; null where nobody asks for them, and then nothing is known of the machine.</param>
public sealed record NodeParts(
    string Version, IHypervisor Hypervisor, IImageStore ImageStore, IVmFiles Files, VmBoard Board, VmPolicy VmPolicy, ImageCachePolicy ImagePolicy, JournalSignal Written,
    OperationBoard Operations, NetworkParts? Network = null, ResourceParts? Resources = null)
{
    /// <summary>The overlay.</summary>
    public required OverlayParts Overlay { get; init; }

    /// <summary>Where the node's parts show how they stand.</summary>
    public NodeGaugeBoard Gauges { get; init; } = new();

    /// <summary>What became of the actors.</summary>
    public SupervisionBoard Supervision { get; init; } = new();

    /// <summary>How much of the host is offered to VMs.</summary>
    public AdmissionPolicy Admission { get; init; } = new();

    /// <summary>Looks at what VMs and images take on disk; null to believe the capacity that is said.</summary>
    public IDiskUse? DiskUse { get; init; }

    /// <summary>What warnings are made of; null for none.</summary>
    public WarningParts? Warnings { get; init; }

    /// <summary>The HTTP orchestrator; null for none.</summary>
    public OrchestratorParts? Orchestrator { get; init; }
}
