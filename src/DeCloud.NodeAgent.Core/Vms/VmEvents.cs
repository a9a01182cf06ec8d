using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>A fact in the life of a VM, stored for ever. Carries its own time, so that replaying it is deterministic.</summary>
public interface IVmEvent
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen to a VM.</summary>
public static class VmEvents
{
    /// <summary>The VM was accepted.</summary>
    /// <param name="VmId">Its identity.</param>
    /// <param name="Spec">What it shall be.</param>
    /// <param name="At">When.</param>
    public sealed record Created(VmId VmId, VmSpec Spec, DateTimeOffset At) : IVmEvent;

    /// <summary>A request was accepted.</summary>
    /// <param name="Number">Number of the operation, from 1.</param>
    /// <param name="What">What was asked.</param>
    /// <param name="Request">By whom, under which key.</param>
    /// <param name="At">When.</param>
    public sealed record OperationAccepted(long Number, VmChange What, Request Request, DateTimeOffset At) : IVmEvent;

    /// <summary>What is wanted of the VM changed.</summary>
    /// <param name="To">What is wanted now.</param>
    /// <param name="Force">Whether the guest's consent is not waited for.</param>
    /// <param name="By">Who changed it: a requester, <c>guest</c> or <c>outside</c>.</param>
    /// <param name="RequestId">The idempotency key of the request, where there was one.</param>
    /// <param name="At">When.</param>
    public sealed record IntentChanged(VmIntent To, bool Force, string By, string? RequestId, DateTimeOffset At) : IVmEvent;

    /// <summary>A step is about to be taken.</summary>
    /// <param name="Number">Number of the effect; a late answer under an older number is ignored.</param>
    /// <param name="Step">The step.</param>
    /// <param name="Attempt">Which try this is, from 1.</param>
    /// <param name="At">When.</param>
    public sealed record StepStarted(long Number, VmStep Step, int Attempt, DateTimeOffset At) : IVmEvent;

    /// <summary>A step was taken.</summary>
    /// <param name="Number">Number of the effect.</param>
    /// <param name="Step">The step.</param>
    /// <param name="Image">The image found, for <see cref="VmStep.ResolveImage"/>.</param>
    /// <param name="At">When.</param>
    public sealed record StepCompleted(long Number, VmStep Step, ImageDigest? Image, DateTimeOffset At) : IVmEvent;

    /// <summary>A step failed.</summary>
    /// <param name="Number">Number of the effect.</param>
    /// <param name="Step">The step.</param>
    /// <param name="Failure">The cause.</param>
    /// <param name="Attempt">How often it was tried.</param>
    /// <param name="NextTryAt">When it is tried again; null when only a request will try again.</param>
    /// <param name="At">When.</param>
    public sealed record StepFailed(long Number, VmStep Step, Failure Failure, int Attempt, DateTimeOffset? NextTryAt, DateTimeOffset At) : IVmEvent;

    /// <summary>A step in flight is no longer waited for.</summary>
    /// <param name="Number">Number of the effect.</param>
    /// <param name="Step">The step.</param>
    /// <param name="At">When.</param>
    public sealed record StepAbandoned(long Number, VmStep Step, DateTimeOffset At) : IVmEvent;

    /// <summary>libvirt's word on the domain changed. Kept for the history; a restarted agent asks again.</summary>
    /// <param name="State">The state.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="At">When it was seen.</param>
    public sealed record Observed(PowerState State, PowerReason Reason, DateTimeOffset At) : IVmEvent;

    /// <summary>The VM went down by itself although it should run; it is started again after a pause.</summary>
    /// <param name="Reason">Why it went down.</param>
    /// <param name="Streak">The how-manieth time in a row.</param>
    /// <param name="NextTryAt">When it is started again.</param>
    /// <param name="At">When it was seen.</param>
    public sealed record Crashed(PowerReason Reason, int Streak, DateTimeOffset NextTryAt, DateTimeOffset At) : IVmEvent;

    /// <summary>The guest rebooted.</summary>
    /// <param name="At">When it was seen.</param>
    public sealed record Rebooted(DateTimeOffset At) : IVmEvent;

    /// <summary>An operation ended.</summary>
    /// <param name="Number">Number of the operation.</param>
    /// <param name="Outcome">How.</param>
    /// <param name="Failure">Why it failed, when it did.</param>
    /// <param name="At">When.</param>
    public sealed record OperationEnded(long Number, OperationStatus Outcome, Failure? Failure, DateTimeOffset At) : IVmEvent;

    /// <summary>Nothing of the VM is left but its history.</summary>
    /// <param name="At">When.</param>
    public sealed record Tombstoned(DateTimeOffset At) : IVmEvent;
}

/// <summary>What is wanted of a VM.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VmIntent>))]
public enum VmIntent
{
    /// <summary>It shall run.</summary>
    Running,

    /// <summary>It shall exist with its virtual CPUs standing still.</summary>
    Paused,

    /// <summary>It shall be off.</summary>
    Stopped,

    /// <summary>It shall be gone.</summary>
    Deleted,
}

/// <summary>The steps that lead from what is to what is wanted. Each may be taken again at any time without harm.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VmStep>))]
public enum VmStep
{
    /// <summary>Have the base image in the cache.</summary>
    ResolveImage,

    /// <summary>Make the disk on it.</summary>
    CreateDisk,

    /// <summary>Write the seed.</summary>
    CreateSeed,

    /// <summary>Define the domain.</summary>
    Define,

    /// <summary>Start it.</summary>
    Start,

    /// <summary>Ask the guest to power off.</summary>
    Shutdown,

    /// <summary>Ask the guest to reboot.</summary>
    Reboot,

    /// <summary>Reset the machine.</summary>
    Reset,

    /// <summary>Stop the virtual CPUs.</summary>
    Suspend,

    /// <summary>Let the virtual CPUs run.</summary>
    Resume,

    /// <summary>Cut the power.</summary>
    Destroy,

    /// <summary>Forget the domain.</summary>
    Undefine,

    /// <summary>Remove the files.</summary>
    RemoveFiles,
}
