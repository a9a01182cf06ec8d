using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Core.Warnings;

/// <summary>An actor that failed several times lately.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Failures">How often.</param>
/// <param name="Last">What the last failure said.</param>
public sealed record FailingActor(string Path, int Failures, string Last);

/// <summary>What the agent knows of itself and its machine at one moment. What is not known is null or empty, and nothing follows from it.</summary>
public sealed record NodeFacts
{
    /// <summary>The moment.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The node.</summary>
    public NodeResource? Node { get; init; }

    /// <summary>Its VMs.</summary>
    public IReadOnlyCollection<VmResource> Vms { get; init; } = [];

    /// <summary>How the VMs' network stands; the word of <see cref="VmNetworkResource.Isolation"/>.</summary>
    public string? Isolation { get; init; }

    /// <summary>Why the packet filter can't be used.</summary>
    public string? PacketFilterReason { get; init; }

    /// <summary>How often somebody else changed the packet filter's rules lately.</summary>
    public int PacketFilterChanges { get; init; }

    /// <summary>What the machine is doing.</summary>
    public NodeSnapshot? Snapshot { get; init; }

    /// <summary>The image cache.</summary>
    public ImageListResource? Images { get; init; }

    /// <summary>The overlay.</summary>
    public WireGuardResource? WireGuard { get; init; }

    /// <summary>The orchestrator.</summary>
    public OrchestratorResource? Orchestrator { get; init; }

    /// <summary>Orchestrators over Akka.Remote.</summary>
    public RemoteLink? Remote { get; init; }

    /// <summary>Why the journal can't be written.</summary>
    public string? JournalTrouble { get; init; }

    /// <summary>Actors that failed several times lately.</summary>
    public IReadOnlyCollection<FailingActor> FailingActors { get; init; } = [];

    /// <summary>The address at which other machines reach the API without encryption.</summary>
    public string? ExposedAddress { get; init; }
}
