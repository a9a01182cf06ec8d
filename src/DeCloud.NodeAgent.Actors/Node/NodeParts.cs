using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
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
public sealed record NodeParts(
    string Version, IHypervisor Hypervisor, IImageStore ImageStore, IVmFiles Files, VmBoard Board, VmPolicy VmPolicy, ImageCachePolicy ImagePolicy, JournalSignal Written,
    OperationBoard Operations, NetworkParts? Network = null);
