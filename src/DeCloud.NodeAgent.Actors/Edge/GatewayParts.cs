using Akka.Actor;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>What the gateway works with.</summary>
/// <param name="Node">The node's root actor in the core system, by local reference.</param>
/// <param name="Feed">The node's events.</param>
/// <param name="Board">What every VM looks like.</param>
/// <param name="VmRules">What a VM may be.</param>
/// <param name="Attaching">Who may attach.</param>
/// <param name="MaxMessageBytes">The longest message.</param>
/// <param name="AgentVersion">Version of the agent.</param>
/// <param name="Time">The clock of what no actor waits for.</param>
public sealed record GatewayParts(
    IActorRef Node, IEventFeed Feed, VmBoard Board, IVmRequestRules VmRules, AttachRules Attaching, int MaxMessageBytes, string AgentVersion, TimeProvider Time)
{
    /// <summary>Where the gateway shows who is attached.</summary>
    public NodeGaugeBoard Gauges { get; init; } = new();
}
