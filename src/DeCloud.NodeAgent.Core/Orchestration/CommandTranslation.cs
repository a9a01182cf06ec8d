using System.Text.Json;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>Turns the orchestrator's commands into the node's own, or into a refusal that says why. Pure.</summary>
public static class CommandTranslation
{
    /// <summary>What a command comes to.</summary>
    /// <param name="command">The command.</param>
    /// <param name="payload">Its payload.</param>
    /// <param name="limits">What the owner allows.</param>
    public static CommandAction Translate(OrderedCommand command, string? payload, OrderLimits limits)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (payload is null || CommandIntake.ReadObject(payload) is not { } json)
        {
            return Refuse("The payload is no JSON object.");
        }

        if (command.VmId is not { } vm)
        {
            return Refuse("The payload names no VM by a UUID.");
        }

        // Within the 128 characters of a key, since ids have 100 at most.
        var request = new Request($"orch:{command.Id}", command.BodyHash, command.By);
        return command.Type switch
        {
            OrchestratorCommandType.CreateVm => CreateVmOrder.Translate(json, vm, request, limits),
            OrchestratorCommandType.StopVm => StopOf(json) is { } change
                ? new CommandAction.Change(new(vm, change, request))
                : Refuse("The action is none of Stop, ForceStop, Restart."),
            OrchestratorCommandType.StartVm => new CommandAction.Change(new(vm, VmChange.Start, request)),
            OrchestratorCommandType.DeleteVm => new CommandAction.Change(new(vm, VmChange.Delete, request)),
            OrchestratorCommandType.AllocatePort => Allocate(json, vm, request),
            OrchestratorCommandType.RemovePort => Remove(json, vm, request),
            _ => Refuse("This node does not carry out commands of this type."),
        };
    }

    internal static CommandAction.Refuse Refuse(string reason) => new(CommandIntake.Terminal + reason);

    private static VmChange? StopOf(JsonElement json)
    {
        var isForced = json.Flag("force") is true;
        return json.Text("action") switch
        {
            null => isForced ? VmChange.ForceStop : VmChange.Stop,
            var text when text.Equals("Stop", StringComparison.OrdinalIgnoreCase) => isForced ? VmChange.ForceStop : VmChange.Stop,
            var text when text.Equals("ForceStop", StringComparison.OrdinalIgnoreCase) => VmChange.ForceStop,
            var text when text.Equals("Restart", StringComparison.OrdinalIgnoreCase) => isForced ? VmChange.Reset : VmChange.Restart,
            _ => null,
        };
    }

    private static CommandAction Allocate(JsonElement json, VmId vm, Request request)
    {
        if (json.Flag("isRelayForwarding") is true)
        {
            return Refuse("This node relays no traffic for other nodes.");
        }

        var asked = json.Whole("publicPort");
        return PortOf(json.Whole("vmPort")) is { } port && json.Choice<PortProtocol>("protocol") is { } protocol and not PortProtocol.None && (asked is null or 0 || PortOf(asked) is not null)
            ? new CommandAction.Port(new PortCommands.Allocate(vm, port, protocol, PortOf(asked), LabelOf(json), request), port, protocol, null)
            : Refuse("The command names no port from 1 to 65535 and no protocol of 1 (TCP), 2 (UDP) and 3 (both).");
    }

    private static CommandAction Remove(JsonElement json, VmId vm, Request request)
    {
        var named = json.Whole("publicPort");
        return PortOf(json.Whole("vmPort")) is { } port && json.Choice<PortProtocol>("protocol") is { } protocol and not PortProtocol.None && (named is null or 0 || PortOf(named) is not null)
            ? new CommandAction.Port(new PortCommands.Remove(vm, port, protocol, request, PortOf(named)), port, protocol, PortOf(named))
            : Refuse("The command names no port from 1 to 65535 and no protocol of 1 (TCP), 2 (UDP) and 3 (both).");
    }

    private static string? LabelOf(JsonElement json) =>
        json.Text("label") is { } label && string.Concat(label.Where(c => !char.IsControl(c)).Take(PortTable.LongestLabel)) is { Length: > 0 } shown ? shown : null;

    private static int? PortOf(long? number) => number is >= 1 and <= 65535 ? (int)number : null;
}
