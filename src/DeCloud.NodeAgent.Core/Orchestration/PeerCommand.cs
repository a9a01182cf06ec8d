using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>The orchestrator's commands; the numbers are the contract's.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OrchestratorCommandType>))]
public enum OrchestratorCommandType
{
    /// <summary>Make a VM and run it.</summary>
    CreateVm = 0,

    /// <summary>Stop or restart a VM.</summary>
    StopVm = 1,

    /// <summary>Run a VM.</summary>
    StartVm = 2,

    /// <summary>Remove a VM.</summary>
    DeleteVm = 3,

    /// <summary>Move a running VM.</summary>
    MigrateVm = 4,

    /// <summary>Replace the agent.</summary>
    UpdateAgent = 5,

    /// <summary>Gather diagnostics.</summary>
    CollectDiagnostics = 6,

    /// <summary>Forward a port of the host to a VM.</summary>
    AllocatePort = 7,

    /// <summary>Forward no longer.</summary>
    RemovePort = 8,

    /// <summary>Publish a VM's disk anew.</summary>
    ReseedVm = 9,

    /// <summary>Scan a VM.</summary>
    ScanVm = 10,

    /// <summary>A node's own matter: its network.</summary>
    UpdateNetwork = 100,

    /// <summary>A node's own matter: a benchmark.</summary>
    Benchmark = 101,

    /// <summary>A node's own matter: its end.</summary>
    Shutdown = 102,
}

/// <summary>A command as it came from the orchestrator.</summary>
/// <param name="Id">Its id; the same command may come more than once.</param>
/// <param name="Type">What to do; null when the orchestrator says nothing that is known.</param>
/// <param name="TypeShown">What the orchestrator said of the type, for people.</param>
/// <param name="Payload">The inner JSON document as a text; empty when there is none. May hold secrets.</param>
/// <param name="RequiresAck">Whether the result is to be told. True when nothing is said.</param>
/// <param name="QueuedAt">When it was given.</param>
/// <param name="ExpiresAt">Until when it may be carried out.</param>
/// <param name="IsExpired">Whether the orchestrator itself calls it expired.</param>
/// <param name="Age">How old it is by the orchestrator's clock.</param>
public sealed record PeerCommand(
    string Id, OrchestratorCommandType? Type, string TypeShown, string Payload, bool RequiresAck, DateTimeOffset? QueuedAt, DateTimeOffset? ExpiresAt, bool IsExpired, TimeSpan? Age)
{
    /// <summary>How long a command may wait. The orchestrator gives up on its own after the same time.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    private const int LongestId = 100;

    /// <summary>The length of a <c>traceparent</c> of version 00 (W3C Trace Context).</summary>
    private const int TraceParentLength = 55;

    /// <summary>What the orchestrator does this for, as a <c>traceparent</c>; null when it does not tell. No part of the command.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Whether the id can name anything: 1 to 100 letters, digits, '.', '_' and '-'. Another is not acted on and can't be acknowledged.</summary>
    public bool HasSoundId => Id.Length is > 0 and <= LongestId && Id.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') && Id is not ("." or "..");

    /// <summary>Whether it is too late to carry it out. Its age is told by the clock that stamped it, where that is known.</summary>
    /// <param name="now">Now.</param>
    public bool IsStaleAt(DateTimeOffset now) =>
        IsExpired || ExpiresAt <= now || (Age is { } age ? age >= Life : QueuedAt + Life <= now);

    /// <summary>Leaves the payload out, which may hold secrets.</summary>
    public override string ToString() => $"{TypeShown} {Id}";

    internal static PeerCommand? Read(JsonElement json)
    {
        if (json.Text("commandId") is not { } id)
        {
            return null;
        }

        var type = json.Choice<OrchestratorCommandType>("type");
        var payload = json.Find("payload");
        return new(
            id,
            type,
            type?.ToString() ?? json.Find("type")?.GetRawText() ?? "no type",
            payload is { ValueKind: JsonValueKind.String } text ? text.GetString()! : payload?.GetRawText() ?? "",
            json.Flag("requiresAck") ?? true,
            json.Time("queuedAt"),
            json.Time("expiresAt"),
            json.Flag("isExpired") ?? false,
            json.Span("age"))
        {
            TraceParent = json.Text("traceParent") is { Length: TraceParentLength } trace ? trace : null,
        };
    }
}
