using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What becomes of a command when it comes.</summary>
/// <param name="Events">What is stored.</param>
/// <param name="SecretPayload">What must be kept before the events are stored; null for nothing.</param>
/// <param name="Ignored">Why nothing at all is done about it; null otherwise.</param>
public sealed record Intake(ImmutableArray<IOrchestrationEvent> Events, string? SecretPayload = null, string? Ignored = null);

/// <summary>Decides on commands as they come: what came before is not carried out again, what is too late or not understood is refused with a reason. Pure.</summary>
public static class CommandIntake
{
    /// <summary>The longest payload, in characters: user data and what surrounds it.</summary>
    public const int LongestPayload = 256 * 1024;

    /// <summary>Before what an orchestrator shall not try again.</summary>
    public const string Terminal = "TERMINAL: ";

    /// <summary>Takes a command on, or not.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="by">Who gave it.</param>
    /// <param name="command">The command.</param>
    /// <param name="now">Now.</param>
    public static Intake Take(OrchestrationState state, string by, PeerCommand command, DateTimeOffset now)
    {
        if (!command.HasSoundId)
        {
            return new([], Ignored: "its id is none that a result could be told under");
        }

        if (state.Commands.TryGetValue(command.Id, out var earlier))
        {
            return earlier is { Stage: CommandStage.Delivered, Command.RequiresAck: true } && earlier.Command.By == by
                ? new([new OrchestrationEvents.ResultAskedAgain(command.Id, now)], Ignored: "it came before; its result is told again")
                : new([], Ignored: "it came before");
        }

        var isSecret = command.Type == OrchestratorCommandType.CreateVm;
        var ordered = new OrderedCommand(
            command.Id,
            by,
            command.Type,
            VmOf(command.Payload),
            isSecret || !IsKnown(command.Type) || command.Payload.Length > LongestPayload ? null : command.Payload,
            HashOf(command),
            command.RequiresAck,
            command.QueuedAt,
            now);
        var received = new OrchestrationEvents.CommandReceived(ordered, now);
        if (Refusal(state, ordered, command, now) is { } refusal)
        {
            return new([received, new OrchestrationEvents.CommandFinished(command.Id, new(false, refusal, null, now), now)]);
        }

        return new([received], isSecret ? command.Payload : null);
    }

    /// <summary>Why a command that waits is too old to be tried again; null while it is not.</summary>
    /// <param name="command">The command.</param>
    /// <param name="now">Now.</param>
    public static string? Overdue(OrderedCommand command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        return command.ReceivedAt + PeerCommand.Life <= now ? $"{PeerCommand.Life.TotalMinutes:0} minutes went by before it could be carried out" : null;
    }

    private static string? Refusal(OrchestrationState state, OrderedCommand ordered, PeerCommand command, DateTimeOffset now)
    {
        if (command.IsStaleAt(now))
        {
            return "The command came too late: it expired, or is older than 5 minutes. Nothing was done.";
        }

        if (!IsKnown(command.Type))
        {
            return $"{Terminal}This node does not carry out commands of the type '{Shown(command.TypeShown)}'.";
        }

        if (command.Payload.Length > LongestPayload)
        {
            return $"{Terminal}The payload is longer than {LongestPayload} characters.";
        }

        return command.Type is OrchestratorCommandType.StartVm or OrchestratorCommandType.StopVm && ordered.VmId is { } vm
            && state.PowerOrders.TryGetValue(vm, out var newest) && command.QueuedAt < newest
            ? "A command for this VM that was given later has been carried out already. Nothing was done."
            : null;
    }

    private static bool IsKnown(OrchestratorCommandType? type) => type is
        OrchestratorCommandType.CreateVm or OrchestratorCommandType.StopVm or OrchestratorCommandType.StartVm or OrchestratorCommandType.DeleteVm
        or OrchestratorCommandType.AllocatePort or OrchestratorCommandType.RemovePort;

    private static VmId? VmOf(string payload) => ReadObject(payload)?.Text("vmId") is { } text && Guid.TryParse(text, out var id) && id != Guid.Empty ? new(id) : null;

    internal static JsonElement? ReadObject(string payload)
    {
        try
        {
            var json = JsonElement.Parse(payload, new JsonDocumentOptions { MaxDepth = 16 });
            return json.ValueKind == JsonValueKind.Object ? json : null;
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether the orchestrator itself has given this very command, of the same content, before.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="by">Whose word counts.</param>
    /// <param name="command">The command, from whomever.</param>
    public static bool IsKnownFrom(OrchestrationState state, string by, PeerCommand command)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.Commands.TryGetValue(command.Id, out var known) && known.Command.By == by && known.Command.BodyHash == HashOf(command);
    }

    private static string HashOf(PeerCommand command) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{command.TypeShown}\n{command.Payload}")));

    private static string Shown(string text) => new([.. text.Take(40).Where(c => c is >= ' ' and <= '~')]);
}
