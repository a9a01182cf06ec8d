namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>How the node stands with the orchestrator that it reports to over HTTP.</summary>
public sealed record OrchestratorResource
{
    /// <summary><c>off</c> (none is configured), <c>unregistered</c>, <c>registered</c>, <c>reporting</c>, <c>logged-in</c> or <c>unreachable</c>.</summary>
    public required string State { get; init; }

    /// <summary>Where the orchestrator is.</summary>
    public string? Url { get; init; }

    /// <summary>The node's id there.</summary>
    public string? NodeId { get; init; }

    /// <summary>Whether the node is to be offered for VMs: <c>POST /api/orchestrator/login</c> and <c>logout</c>.</summary>
    public required bool LoginWished { get; init; }

    /// <summary>Whether the orchestrator says that it would give the node VMs; absent while it says nothing.</summary>
    public bool? SchedulingReady { get; init; }

    /// <summary>When a report last went well.</summary>
    public DateTimeOffset? LastReportAt { get; init; }

    /// <summary>When the orchestrator is spoken to next.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    /// <summary>Failures in a row.</summary>
    public required int Failures { get; init; }

    /// <summary>Why things are not as they should be, and what to do.</summary>
    public string? Reason { get; init; }

    /// <summary>Why the orchestrator does not offer the node although it should.</summary>
    public string? LoginReason { get; init; }

    /// <summary>Commands that came in all.</summary>
    public required long CommandsReceived { get; init; }

    /// <summary>Commands that are being carried out.</summary>
    public required int CommandsOpen { get; init; }

    /// <summary>Results that wait to be told.</summary>
    public required int Outbox { get; init; }

    /// <summary>Results that were told in all.</summary>
    public required long ResultsTold { get; init; }

    /// <summary>VMs of the orchestrator that it disowned; they were stopped and kept.</summary>
    public required IReadOnlyList<Guid> QuarantinedVms { get; init; }
}

/// <summary>A command as an orchestrator pushes it. Further fields are passed over, keys may be in any casing.</summary>
public sealed record PushedCommandRequest
{
    /// <summary>The command's id; the same command is carried out once, however often it comes.</summary>
    public required string CommandId { get; init; }

    /// <summary>What to do: 0 create, 1 stop, 2 start, 3 delete a VM, 7 forward a port, 8 no longer. Names are understood too.</summary>
    public required int Type { get; init; }

    /// <summary>The command's own JSON document, as a text.</summary>
    public required string Payload { get; init; }

    /// <summary>Whether its result is to be told; true when absent.</summary>
    public bool? RequiresAck { get; init; }
}

/// <summary>A pushed command was taken on.</summary>
/// <param name="CommandId">The command.</param>
public sealed record CommandTakenResource(string CommandId);
