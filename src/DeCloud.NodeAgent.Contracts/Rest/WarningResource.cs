namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>Something that wants an operator's attention.</summary>
public sealed record WarningResource
{
    /// <summary>Its name: the same kind of trouble with the same subject has the same name for ever.</summary>
    public required string Id { get; init; }

    /// <summary>Its kind, a stable word; <c>docs/warnings.md</c> has the list.</summary>
    public required string Kind { get; init; }

    /// <summary><c>info</c>, <c>warning</c> or <c>critical</c>: the worst since it appeared.</summary>
    public required string Severity { get; init; }

    /// <summary>Of what: <c>node</c>, <c>vm/ID</c>, <c>disk/PATH</c>, <c>peer/KEY</c> or <c>actor/PATH</c>.</summary>
    public required string Subject { get; init; }

    /// <summary>It in a few words.</summary>
    public required string Title { get; init; }

    /// <summary>What was found.</summary>
    public required string Detail { get; init; }

    /// <summary>What to do.</summary>
    public required string Remedy { get; init; }

    /// <summary>When it appeared for the first time.</summary>
    public required DateTimeOffset FirstSeen { get; init; }

    /// <summary>When it was so for the last time.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>How often it appeared.</summary>
    public required int Count { get; init; }

    /// <summary>That somebody has seen it; absent when nobody has.</summary>
    public AcknowledgementResource? Acknowledged { get; init; }

    /// <summary>Whether it is so now.</summary>
    public required bool Active { get; init; }
}

/// <summary>That somebody has seen a warning.</summary>
/// <param name="At">When.</param>
/// <param name="By">Who: <c>socket</c>, <c>token</c> or <c>api</c>, by the way he came.</param>
/// <param name="Note">What he said.</param>
public sealed record AcknowledgementResource(DateTimeOffset At, string By, string? Note);

/// <summary>Warnings.</summary>
/// <param name="Warnings">Them, the worst and latest first.</param>
public sealed record WarningListResource(IReadOnlyList<WarningResource> Warnings);

/// <summary>The body of an acknowledgement.</summary>
public sealed record AcknowledgeWarningRequest
{
    /// <summary>A word for those who come after, at most 500 characters.</summary>
    public string? Note { get; init; }
}

/// <summary>How many warnings there are.</summary>
/// <param name="Critical">Critical ones.</param>
/// <param name="Warning">Of the middle severity.</param>
/// <param name="Info">The least ones.</param>
/// <param name="Unacknowledged">Those that nobody has acknowledged, of all severities.</param>
public sealed record WarningCountsResource(int Critical, int Warning, int Info, int Unacknowledged);
