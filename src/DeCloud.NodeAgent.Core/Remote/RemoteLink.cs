namespace DeCloud.NodeAgent.Core.Remote;

/// <summary>How the node stands with orchestrators over Akka.Remote, in this life of the agent.</summary>
/// <param name="Since">When it came to be so.</param>
/// <param name="Orchestrator">Who is attached; null for nobody.</param>
/// <param name="Last">Who was attached last; null when nobody was yet.</param>
/// <param name="Why">Why nobody is attached any more; null when somebody is, or nobody was yet.</param>
/// <param name="Trouble">Why nobody can attach; null while the node listens, or is about to.</param>
public sealed record RemoteLink(DateTimeOffset Since, string? Orchestrator = null, string? Last = null, string? Why = null, string? Trouble = null)
{
    /// <summary>An orchestrator attached.</summary>
    /// <param name="orchestrator">Its name.</param>
    /// <param name="at">When.</param>
    public static RemoteLink To(string orchestrator, DateTimeOffset at) => new(at, orchestrator, orchestrator);

    /// <summary>The session is over. Nothing changes when there is none.</summary>
    /// <param name="why">Why.</param>
    /// <param name="at">When.</param>
    public RemoteLink Ended(string why, DateTimeOffset at) => Orchestrator is null ? this : this with { Since = at, Orchestrator = null, Why = why };

    /// <summary>The node listens for orchestrators.</summary>
    public RemoteLink Listening() => this with { Trouble = null };

    /// <summary>The node can't listen for orchestrators.</summary>
    /// <param name="trouble">Why.</param>
    /// <param name="at">When.</param>
    public RemoteLink Failed(string trouble, DateTimeOffset at) => Ended("the node can't listen for orchestrators", at) with { Trouble = trouble };
}
