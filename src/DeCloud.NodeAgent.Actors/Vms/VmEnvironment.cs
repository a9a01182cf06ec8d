using Akka.Actor;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Overlay;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>What every VM actor works with.</summary>
/// <param name="Board">Where it shows itself.</param>
/// <param name="Files">The VMs' files.</param>
/// <param name="Images">The image cache.</param>
/// <param name="Policy">How patient to be.</param>
/// <param name="Written">Told when events were stored.</param>
/// <param name="Operations">Where it shows its operations.</param>
/// <param name="Overlay">The overlay that VMs may be attached to.</param>
/// <param name="Network">Whether the VMs' network allows a start; null where nothing watches over it.</param>
internal sealed record VmEnvironment(
    VmBoard Board, IVmFiles Files, IActorRef Images, VmPolicy Policy, JournalSignal Written, OperationBoard Operations, OverlayBoard Overlay, NetworkBoard? Network = null);
