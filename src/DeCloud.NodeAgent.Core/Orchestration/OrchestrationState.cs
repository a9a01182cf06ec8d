using System.Collections.Immutable;
using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>How far a command is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CommandStage>))]
public enum CommandStage
{
    /// <summary>Taken on.</summary>
    Received,

    /// <summary>An operation of its VM.</summary>
    Started,

    /// <summary>Its result waits to be told.</summary>
    Finished,

    /// <summary>Its result was told, or need not be.</summary>
    Delivered,
}

/// <summary>A command that was taken on, and how far it is.</summary>
/// <param name="Command">The command.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="VmId">The VM whose operation it is.</param>
/// <param name="Operation">The number of that operation.</param>
/// <param name="Result">What became of it.</param>
public sealed record CommandState(OrderedCommand Command, CommandStage Stage, VmId? VmId = null, long Operation = 0, CommandResult? Result = null);

/// <summary>All that must outlive the agent of its dealings with an orchestrator. Changed by <see cref="Apply"/> alone.</summary>
public sealed record OrchestrationState
{
    /// <summary>How many commands are remembered whose results were told, so that they are known when they come again.</summary>
    public const int RememberedCommands = 2_000;

    /// <summary>The orchestrator that the node is registered with; null before it was.</summary>
    public string? RegisteredBy { get; init; }

    /// <summary>The node's id there.</summary>
    public string? NodeId { get; init; }

    /// <summary>Whether the node is to be offered for VMs.</summary>
    public bool IsLoginWished { get; init; } = true;

    /// <summary>The commands, by id.</summary>
    public ImmutableDictionary<string, CommandState> Commands { get; init; } = ImmutableDictionary<string, CommandState>.Empty;

    /// <summary>The ids of the commands whose results were told, oldest first.</summary>
    public ImmutableList<string> Delivered { get; init; } = [];

    /// <summary>What the orchestrator says of its VMs.</summary>
    public ImmutableDictionary<VmId, OrderedVm> Vms { get; init; } = ImmutableDictionary<VmId, OrderedVm>.Empty;

    /// <summary>When the newest start or stop of a VM was given that was carried out.</summary>
    public ImmutableDictionary<VmId, DateTimeOffset> PowerOrders { get; init; } = ImmutableDictionary<VmId, DateTimeOffset>.Empty;

    /// <summary>The VMs in quarantine and the number of each quarantine.</summary>
    public ImmutableDictionary<VmId, long> Quarantined { get; init; } = ImmutableDictionary<VmId, long>.Empty;

    /// <summary>How often a VM was put into quarantine.</summary>
    public long Quarantines { get; init; }

    /// <summary>How many commands came in all.</summary>
    public long Received { get; init; }

    /// <summary>How many results were told in all.</summary>
    public long Told { get; init; }

    /// <summary>The results that an orchestrator has to be told, oldest first.</summary>
    /// <param name="by">The orchestrator.</param>
    public IEnumerable<CommandState> Outbox(string by) =>
        Commands.Values.Where(c => c.Stage == CommandStage.Finished && c.Command.By == by).OrderBy(c => c.Result!.At).ThenBy(c => c.Command.Id, StringComparer.Ordinal);

    /// <summary>The commands that are being carried out, in the order in which they were given.</summary>
    public IEnumerable<CommandState> Open => Commands.Values.Where(c => c.Stage is CommandStage.Received or CommandStage.Started).OrderBy(c => c.Command.ReceivedAt).ThenBy(c => c.Command.QueuedAt);

    /// <summary>The state after one more event.</summary>
    /// <param name="event">What happened.</param>
    public OrchestrationState Apply(IOrchestrationEvent @event) => @event switch
    {
        OrchestrationEvents.Registered e => this with { RegisteredBy = e.By, NodeId = e.NodeId },
        OrchestrationEvents.LoginWished e => this with { IsLoginWished = e.IsWished },
        OrchestrationEvents.CommandReceived e => this with { Commands = Commands.SetItem(e.Command.Id, new(e.Command, CommandStage.Received)), Received = Received + 1 },
        OrchestrationEvents.CommandStarted e when Commands.TryGetValue(e.Id, out var command) => Start(command, e),
        OrchestrationEvents.CommandFinished e when Commands.TryGetValue(e.Id, out var command) => Finish(command, e),
        OrchestrationEvents.ResultDelivered e when Commands.TryGetValue(e.Id, out var command) => Deliver(command) with { Told = Told + (e.Note is null ? 1 : 0) },
        OrchestrationEvents.ResultAskedAgain e when Commands.TryGetValue(e.Id, out var command) && command.Stage == CommandStage.Delivered => this with
        {
            Commands = Commands.SetItem(e.Id, command with { Stage = CommandStage.Finished }),
            Delivered = Delivered.Remove(e.Id),
        },
        OrchestrationEvents.VmQuarantined e => this with { Quarantined = Quarantined.SetItem(e.VmId, e.Number), Quarantines = e.Number },
        OrchestrationEvents.QuarantineLifted e => this with { Quarantined = Quarantined.Remove(e.VmId) },
        _ => this,
    };

    private OrchestrationState Start(CommandState command, OrchestrationEvents.CommandStarted e)
    {
        var order = command.Command;
        var isPower = order.Type is OrchestratorCommandType.StartVm or OrchestratorCommandType.StopVm && order.QueuedAt is not null;
        return this with
        {
            Commands = Commands.SetItem(e.Id, command with { Stage = CommandStage.Started, VmId = e.VmId, Operation = e.Operation }),
            Vms = e.Vm is { } vm ? Vms.SetItem(e.VmId, vm) : Vms,
            PowerOrders = isPower ? PowerOrders.SetItem(e.VmId, order.QueuedAt!.Value) : PowerOrders,
        };
    }

    private OrchestrationState Finish(CommandState command, OrchestrationEvents.CommandFinished e)
    {
        var finished = command with { Stage = CommandStage.Finished, Result = e.Result };
        var state = this with { Commands = Commands.SetItem(e.Id, finished) };
        if (command is { Command.Type: OrchestratorCommandType.DeleteVm, VmId: { } gone } && e.Result.IsSuccess)
        {
            state = state with { Vms = Vms.Remove(gone), PowerOrders = PowerOrders.Remove(gone), Quarantined = Quarantined.Remove(gone) };
        }

        return command.Command.RequiresAck ? state : state.Deliver(finished);
    }

    private OrchestrationState Deliver(CommandState command)
    {
        if (command.Stage == CommandStage.Delivered)
        {
            return this;
        }

        var id = command.Command.Id;
        var state = this with { Commands = Commands.SetItem(id, command with { Stage = CommandStage.Delivered }), Delivered = Delivered.Add(id) };
        return state.Delivered.Count <= RememberedCommands
            ? state
            : state with { Commands = state.Commands.Remove(state.Delivered[0]), Delivered = state.Delivered.RemoveAt(0) };
    }
}
