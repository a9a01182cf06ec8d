using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>A fact of the node's dealings with an orchestrator over HTTP, stored for ever. Holds no secret.</summary>
public interface IOrchestrationEvent
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen between the node and an orchestrator.</summary>
public static class OrchestrationEvents
{
    /// <summary>The node was registered.</summary>
    /// <param name="By">Who the orchestrator is.</param>
    /// <param name="NodeId">The node's id.</param>
    /// <param name="At">When.</param>
    public sealed record Registered(string By, string NodeId, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>Somebody wants the node offered for VMs, or not.</summary>
    /// <param name="IsWished">Whether.</param>
    /// <param name="At">When.</param>
    public sealed record LoginWished(bool IsWished, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>A command came. From now on it is carried out, whatever happens to the agent.</summary>
    /// <param name="Command">The command.</param>
    /// <param name="At">When.</param>
    public sealed record CommandReceived(OrderedCommand Command, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>The VM accepted it as an operation.</summary>
    /// <param name="Id">The command.</param>
    /// <param name="VmId">The VM.</param>
    /// <param name="Operation">Number of the operation within the VM.</param>
    /// <param name="Vm">What the orchestrator says of the VM, for a new one.</param>
    /// <param name="At">When.</param>
    public sealed record CommandStarted(string Id, VmId VmId, long Operation, OrderedVm? Vm, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>What became of it is known, and waits to be told.</summary>
    /// <param name="Id">The command.</param>
    /// <param name="Result">What became of it.</param>
    /// <param name="At">When.</param>
    public sealed record CommandFinished(string Id, CommandResult Result, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>The orchestrator knows the result, or will not hear of it.</summary>
    /// <param name="Id">The command.</param>
    /// <param name="Note">Why it will not hear of it; null when it knows.</param>
    /// <param name="At">When.</param>
    public sealed record ResultDelivered(string Id, string? Note, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>The orchestrator gave a command once more whose result it had been told: it is told again.</summary>
    /// <param name="Id">The command.</param>
    /// <param name="At">When.</param>
    public sealed record ResultAskedAgain(string Id, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>The orchestrator disowned one of its VMs often enough: it is stopped and kept.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="Number">The how-manieth quarantine of this node it is, from 1.</param>
    /// <param name="At">When.</param>
    public sealed record VmQuarantined(VmId VmId, long Number, DateTimeOffset At) : IOrchestrationEvent;

    /// <summary>The orchestrator wants the VM after all, or it is gone.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="At">When.</param>
    public sealed record QuarantineLifted(VmId VmId, DateTimeOffset At) : IOrchestrationEvent;
}

/// <summary>A command that was taken on.</summary>
/// <param name="Id">Its id.</param>
/// <param name="By">Who gave it.</param>
/// <param name="Type">What to do.</param>
/// <param name="VmId">The VM it is about; null when it names none.</param>
/// <param name="Payload">Its payload; null when that is kept elsewhere because it may hold secrets, or is of no use.</param>
/// <param name="BodyHash">SHA-256 of type and payload, in hexadecimal.</param>
/// <param name="RequiresAck">Whether the result is to be told.</param>
/// <param name="QueuedAt">When it was given, as far as known.</param>
/// <param name="ReceivedAt">When it came.</param>
public sealed record OrderedCommand(
    string Id, string By, OrchestratorCommandType? Type, VmId? VmId, string? Payload, string BodyHash, bool RequiresAck, DateTimeOffset? QueuedAt, DateTimeOffset ReceivedAt);

/// <summary>What became of a command.</summary>
/// <param name="IsSuccess">Whether what was asked for is so.</param>
/// <param name="Error">Why not.</param>
/// <param name="Data">What it gave, as JSON.</param>
/// <param name="At">When that was known.</param>
public sealed record CommandResult(bool IsSuccess, string? Error, string? Data, DateTimeOffset At);

/// <summary>What the orchestrator says of one of its VMs, which it wants to hear again in every report.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Category"><c>Tenant</c> or <c>System</c>.</param>
/// <param name="Role">What it is for.</param>
/// <param name="OwnerId">Whose it is.</param>
/// <param name="QualityTier">The tier.</param>
/// <param name="ComputePointCost">The cost.</param>
public sealed record OrderedVm(string Name, string Category, string Role, string OwnerId, int QualityTier, int ComputePointCost);
