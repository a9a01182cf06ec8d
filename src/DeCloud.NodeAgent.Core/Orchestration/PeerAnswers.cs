using System.Collections.Immutable;
using System.Text.Json;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>The node was registered.</summary>
/// <param name="NodeId">Its id, as the orchestrator says.</param>
/// <param name="ApiKey">What it shows from now on. A secret.</param>
public sealed record Registration(string NodeId, string ApiKey)
{
    /// <summary>Leaves the key out.</summary>
    public override string ToString() => $"{nameof(Registration)} {{ NodeId = {NodeId} }}";
}

/// <summary>The orchestrator found the node's settings changed.</summary>
/// <param name="Message">Its words.</param>
/// <param name="ExpectedHash">The hash it expects.</param>
public sealed record SettingsDrift(string Message, string? ExpectedHash);

/// <summary>What came back for a report. Whatever was missing is null: nothing follows from it.</summary>
/// <param name="Commands">Commands that waited; empty when none.</param>
/// <param name="InvalidVms">VMs that the orchestrator disowns; null when it said nothing.</param>
/// <param name="SchedulingVersion">The version of its scheduling configuration, when it sent one.</param>
/// <param name="Drift">Changed settings.</param>
/// <param name="IsSchedulingReady">Whether it would give the node VMs; null when it said nothing.</param>
public sealed record HeartbeatAnswer(ImmutableArray<PeerCommand> Commands, ImmutableArray<Guid>? InvalidVms, int? SchedulingVersion, SettingsDrift? Drift, bool? IsSchedulingReady);

/// <summary>Reads the bodies of the orchestrator's answers. Each comes bare or in an envelope <c>{success, data, error}</c>.</summary>
public static class PeerAnswers
{
    /// <summary>The most commands that are taken from one answer.</summary>
    public const int MostCommands = 1000;

    /// <summary>The data of an answer: the envelope's, or the document itself when there is no envelope.</summary>
    /// <param name="json">The answer.</param>
    public static JsonElement DataOf(JsonElement json) => json.Find("data") ?? json;

    /// <summary>What an answer says went wrong; null when it says nothing of the kind.</summary>
    /// <param name="json">The answer.</param>
    public static (string? Code, string Message)? ErrorOf(JsonElement json) => RawErrorOf(json) is { } error ? (error.Code is null ? null : Shown(error.Code), Shown(error.Message)) : null;

    /// <summary>Whether an answer with a status of success says that it is none.</summary>
    /// <param name="json">The answer.</param>
    public static bool IsRefusal(JsonElement json) => json.Flag("success") is false;

    /// <summary>A text of somebody else's, as it may be logged and shown: without control characters, and not long.</summary>
    /// <param name="text">The text.</param>
    public static string Shown(string text) => string.Concat((text ?? "").Take(300).Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));

    private static (string? Code, string Message)? RawErrorOf(JsonElement json) => json.Find("error") switch
    {
        { ValueKind: JsonValueKind.Object } error => (error.Text("code"), error.Text("message") ?? "no reason was given"),
        { ValueKind: JsonValueKind.String } text => (null, text.GetString()!),
        _ => json.Flag("success") is false || json.Find("title") is not null ? (json.Text("code"), json.Text("message") ?? json.Text("detail") ?? json.Text("title") ?? "no reason was given") : null,
    };

    /// <summary>The terms of service in force; null when the answer does not tell.</summary>
    /// <param name="json">The answer of <c>GET /api/tos</c>.</param>
    public static Terms? ReadTerms(JsonElement json)
    {
        var data = DataOf(json);
        var version = data.Text("version") ?? data.Text("tosVersion") ?? data.Whole("version")?.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return version is not null && (data.Text("hash") ?? data.Text("contentHash") ?? data.Text("sha256")) is { } hash ? new(version, hash) : null;
    }

    /// <summary>The registration; null when the answer holds none.</summary>
    /// <param name="json">The answer.</param>
    public static Registration? ReadRegistration(JsonElement json) =>
        DataOf(json) is var data && data.Text("nodeId") is { } id && data.Text("apiKey") is { } key ? new(id, key) : null;

    /// <summary>The version of the scheduling configuration in an evaluation; null when there is none.</summary>
    /// <param name="json">The answer.</param>
    public static int? ReadSchedulingVersion(JsonElement json) =>
        DataOf(json).Find("schedulingConfig")?.Whole("version") is { } version and >= int.MinValue and <= int.MaxValue ? (int)version : null;

    /// <summary>What came back for a report.</summary>
    /// <param name="json">The answer.</param>
    public static HeartbeatAnswer ReadHeartbeat(JsonElement json)
    {
        var data = DataOf(json);
        var drift = data.Find("settingsDrift");
        return new(
            ReadList(data.Items("pendingCommands")),
            // An id that can't be read names no VM of this node.
            data.Items("invalidVmIds") is { } ids ? [.. ids.Where(i => i.ValueKind == JsonValueKind.String).Select(i => Guid.TryParse(i.GetString(), out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)] : null,
            ReadSchedulingVersion(data),
            drift is { ValueKind: JsonValueKind.Object } d ? new(d.Text("message") ?? "", d.Text("expectedHash")) : null,
            data.Flag("schedulingReady"));
    }

    /// <summary>The commands of an answer, in the order in which they were given.</summary>
    /// <param name="json">The answer of <c>GET …/commands</c>: a list, or a list in an envelope.</param>
    public static ImmutableArray<PeerCommand> ReadCommands(JsonElement json)
    {
        var data = DataOf(json);
        return ReadList(data.ValueKind == JsonValueKind.Array ? [.. data.EnumerateArray()] : data.Items("commands") ?? data.Items("pendingCommands"));
    }

    /// <summary>One command, as it is pushed; null when it is none.</summary>
    /// <param name="json">The document.</param>
    public static PeerCommand? ReadCommand(JsonElement json) => PeerCommand.Read(json);

    private static ImmutableArray<PeerCommand> ReadList(IReadOnlyList<JsonElement>? items) =>
        items is null ? [] : [.. items.Take(MostCommands).Select(PeerCommand.Read).OfType<PeerCommand>().OrderBy(c => c.QueuedAt ?? DateTimeOffset.MaxValue)];
}
