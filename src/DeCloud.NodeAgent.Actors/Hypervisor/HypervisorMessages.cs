using DeCloud.NodeAgent.Core.Hypervisor;

namespace DeCloud.NodeAgent.Actors.Hypervisor;

/// <summary>What the hypervisor actor tells the others.</summary>
internal static class HypervisorMessages
{
    /// <summary>A session is up, and this is every domain as it was right after it came up.</summary>
    public sealed record Up(IHypervisorSession Session, IReadOnlyList<DomainStatus> Domains, DateTimeOffset Since);

    /// <summary>There is no session.</summary>
    public sealed record Lost(string Reason, DateTimeOffset Since);

    /// <summary>Something happened to a domain. A hint to look, not the truth: events and answers come over different connections and may overtake each other.</summary>
    public sealed record Happened(DomainEvent Event);

    /// <summary>Every domain again, to find what no event told.</summary>
    public sealed record Swept(IReadOnlyList<DomainStatus> Domains);
}
