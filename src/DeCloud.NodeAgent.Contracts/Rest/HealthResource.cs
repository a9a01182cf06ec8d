namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>How the node is, for people.</summary>
/// <param name="Status"><c>ok</c>, <c>degraded</c> or <c>failed</c>: the worst of its parts.</param>
/// <param name="Checks">Its parts.</param>
public sealed record HealthResource(string Status, IReadOnlyList<HealthCheckResource> Checks)
{
    /// <summary>How many warnings there are; absent when that is not known.</summary>
    public WarningCountsResource? Warnings { get; init; }
}

/// <summary>How a part of the node is.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Status"><c>ok</c>; <c>degraded</c>: it works and wants attention; <c>failed</c>: it does not work.</param>
/// <param name="Reason">What was found, and what to do when something is wrong.</param>
public sealed record HealthCheckResource(string Name, string Status, string Reason);
