namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>A request that was accepted, and what became of it. Survives restarts of the agent.</summary>
public sealed record OperationResource
{
    /// <summary>The operation's id, opaque to callers.</summary>
    public required string Id { get; init; }

    /// <summary>What was asked: <c>create</c>, <c>start</c>, <c>stop</c>, <c>restart</c>, <c>reset</c>, <c>pause</c>, <c>resume</c>, <c>delete</c> or <c>pull-image</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>superseded</c> (a later request for the same VM took its place).</summary>
    public required string Status { get; init; }

    /// <summary>The path of what it works on, for example <c>/api/vms/{id}</c>.</summary>
    public required string Resource { get; init; }

    /// <summary>The idempotency key it was accepted under.</summary>
    public required string RequestId { get; init; }

    /// <summary>Who asked.</summary>
    public required string RequestedBy { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>The step that runs now.</summary>
    public string? Stage { get; init; }

    /// <summary>How far the step is, where that can be known.</summary>
    public ProgressResource? Progress { get; init; }

    /// <summary>Why it failed, or, while it runs, why the last try failed.</summary>
    public OperationErrorResource? Error { get; init; }
}

/// <summary>Why an operation failed.</summary>
/// <param name="Code">A stable word for the cause; the problem type of the same name is documented at <c>/docs/errors</c>.</param>
/// <param name="Message">The cause in a sentence.</param>
/// <param name="NextTryAt">When it is tried again, while the operation still runs.</param>
public sealed record OperationErrorResource(string Code, string Message, DateTimeOffset? NextTryAt);

/// <summary>The answer to a request that takes a while.</summary>
/// <param name="Operation">What was accepted.</param>
/// <param name="Vm">The VM as it is now.</param>
public sealed record AcceptedResource(OperationResource Operation, VmResource? Vm);

/// <summary>One event in the life of a VM or an image.</summary>
/// <param name="Sequence">Number within the history of its subject, from 1, without gaps.</param>
/// <param name="At">When it happened.</param>
/// <param name="Type">What happened, a stable word such as <c>step-completed</c>.</param>
/// <param name="By">Who caused it, where somebody did.</param>
/// <param name="Summary">A sentence for people.</param>
/// <param name="Data">The event itself.</param>
public sealed record HistoryEntryResource(long Sequence, DateTimeOffset At, string Type, string? By, string Summary, System.Text.Json.JsonElement Data);

/// <summary>One event of the node's stream.</summary>
/// <param name="Id">Its place in the journal; the stream resumes after it by <c>Last-Event-ID</c>.</param>
/// <param name="Subject">What it is about, for example <c>/api/vms/{id}</c>.</param>
/// <param name="Entry">The event.</param>
public sealed record EventResource(long Id, string Subject, HistoryEntryResource Entry);

/// <summary>One page of a list.</summary>
/// <param name="Items">The items, ordered by id where nothing else is said.</param>
/// <param name="Total">How many there are in all pages.</param>
/// <param name="Next">Give this as <c>after</c> to get the next page; absent on the last.</param>
/// <typeparam name="T">What is listed.</typeparam>
public sealed record Page<T>(IReadOnlyList<T> Items, int Total, string? Next);
