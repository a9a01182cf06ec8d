namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>Why a request was not carried out: a problem document (RFC 9457, <c>application/problem+json</c>).</summary>
public sealed record ProblemResource
{
    /// <summary>What kind of problem it is, <c>/docs/errors#code</c>. Stable: a code never changes its meaning.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of problem in words.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What went wrong this time, and what to do.</summary>
    public required string Detail { get; init; }

    /// <summary>What is wrong with which field, query parameter or header, by its name as it was sent.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<FieldErrorResource>>? Errors { get; init; }

    /// <summary>With <c>capacity-exhausted</c>: every resource of which there is too little, with its figures.</summary>
    public IReadOnlyList<ShortageResource>? Shortages { get; init; }

    /// <summary>Names this request in the agent's log.</summary>
    public required string TraceId { get; init; }
}

/// <summary>What is wrong with a field.</summary>
/// <param name="Value">What was sent, shortened; absent when nothing was sent and when it could be a secret.</param>
/// <param name="Reason">What is wrong, and what would be right.</param>
public sealed record FieldErrorResource(string? Value, string Reason);

/// <summary>A kind of problem.</summary>
/// <param name="Code">The stable word.</param>
/// <param name="Status">The HTTP status it comes with.</param>
/// <param name="Title">It in words.</param>
/// <param name="Meaning">When it happens, and what to do.</param>
public sealed record ErrorKindResource(string Code, int Status, string Title, string Meaning);

/// <summary>Whether the node can take commands.</summary>
/// <param name="Ready">Always true: a node that isn't ready answers with a problem.</param>
/// <param name="Checks">What was looked at.</param>
/// <param name="Note">What the node does not do by its nature, for example host VMs on Windows; absent where there is nothing to say.</param>
public sealed record ReadinessResource(bool Ready, IReadOnlyList<string> Checks, string? Note = null);
