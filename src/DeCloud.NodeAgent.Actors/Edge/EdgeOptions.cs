using DeCloud.NodeAgent.Remote;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>How orchestrators reach the node.</summary>
/// <param name="Endpoint">Where it listens.</param>
/// <param name="LoadCertificates">Reads certificates and key; asked at every start of the edge, so that new ones need no restart of the agent.</param>
/// <param name="Orchestrators">The names of those it obeys.</param>
/// <param name="Hardening">What <c>hocon/edge.conf</c> says.</param>
/// <param name="AgentVersion">Version of the agent.</param>
public sealed record EdgeOptions(PeerEndpoint Endpoint, Func<PeerCertificates> LoadCertificates, IReadOnlyCollection<string> Orchestrators, string Hardening, string AgentVersion);
