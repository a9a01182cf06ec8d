using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>What the dealings with an HTTP orchestrator need.</summary>
/// <param name="Settings">What the node says of itself.</param>
/// <param name="Client">The way there.</param>
/// <param name="Proof">Signs registrations.</param>
/// <param name="Vault">Keeps what may not be in the journal.</param>
/// <param name="Report">What the host is and does.</param>
/// <param name="Basics">What is known of the host without looking closely, for when that does not come to an end.</param>
/// <param name="Issued">Credentials that the operator was given; null when the node registers by itself.</param>
/// <param name="Chance">A number from 0 to 1, another each time.</param>
public sealed record OrchestratorParts(
    OrchestratorSettings Settings, IOrchestratorClient Client, IRegistrationProof Proof, IOrchestratorVault Vault, INodeReport Report, HostInventory Basics, NodeCredentials? Issued, Func<double> Chance);
