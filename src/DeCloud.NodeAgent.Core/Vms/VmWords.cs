using System.Globalization;
using System.Text;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>The words in which the API, the history and the logs speak of VMs. A word is never reused for another meaning.</summary>
public static class VmWords
{
    /// <summary>A member of an enumeration in kebab case: <c>GuestShutdown</c> is <c>guest-shutdown</c>.</summary>
    /// <param name="value">The member.</param>
    public static string Of(Enum value)
    {
        var name = value.ToString();
        var word = new StringBuilder(name.Length + 4);
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && word.Length > 0)
            {
                word.Append('-');
            }

            word.Append(char.ToLowerInvariant(c));
        }

        return word.ToString();
    }

    /// <summary>The kind of an operation as the API calls it.</summary>
    /// <param name="what">What was asked.</param>
    public static string OperationKind(VmChange what) => what == VmChange.ForceStop ? "stop" : Of(what);

    /// <summary>The type of an event as the history calls it.</summary>
    /// <param name="event">The event.</param>
    public static string EventType(IVmEvent @event) => @event switch
    {
        VmEvents.Created => "created",
        VmEvents.OperationAccepted => "operation-accepted",
        VmEvents.IntentChanged => "intent-changed",
        VmEvents.StepStarted => "step-started",
        VmEvents.StepCompleted => "step-completed",
        VmEvents.StepFailed => "step-failed",
        VmEvents.StepAbandoned => "step-abandoned",
        VmEvents.Observed => "observed",
        VmEvents.Crashed => "crashed",
        VmEvents.Rebooted => "rebooted",
        VmEvents.OperationEnded => "operation-ended",
        VmEvents.Tombstoned => "deleted",
        _ => throw new ArgumentException($"{@event.GetType().Name} has no word.", nameof(@event)),
    };

    /// <summary>Who caused an event, where somebody did.</summary>
    /// <param name="event">The event.</param>
    public static string? By(IVmEvent @event) => @event switch
    {
        VmEvents.OperationAccepted e => e.Request.By,
        VmEvents.IntentChanged e => e.By,
        VmEvents.Rebooted => "guest",
        _ => null,
    };

    /// <summary>An event as a sentence for people.</summary>
    /// <param name="event">The event.</param>
    public static string Summary(IVmEvent @event) => @event switch
    {
        VmEvents.Created e => string.Create(CultureInfo.InvariantCulture, $"Accepted as '{e.Spec.Name}' with {e.Spec.VCpus} vCPU, {e.Spec.MemoryBytes >> 20} MiB of memory and {e.Spec.DiskBytes >> 20} MiB of disk."),
        VmEvents.OperationAccepted e => $"Operation {e.Number}, {OperationKind(e.What)}, was accepted from {e.Request.By} under key '{e.Request.Id}'.",
        VmEvents.IntentChanged e => $"It shall be {Of(e.To)}{(e.Force ? " at once" : "")}, says {e.By}.",
        VmEvents.StepStarted e => $"Step {e.Number}, {Of(e.Step)}, begins{(e.Attempt > 1 ? $" (try {e.Attempt})" : "")}.",
        VmEvents.StepCompleted e => $"Step {e.Number}, {Of(e.Step)}, is done{(e.Image is { } image ? $": {image}" : "")}.",
        VmEvents.StepFailed e => $"Step {e.Number}, {Of(e.Step)}, failed (try {e.Attempt}): {e.Failure.Message}{(e.NextTryAt is { } next ? $" Next try at {next:O}." : " It is not tried again unasked.")}",
        VmEvents.StepAbandoned e => $"Step {e.Number}, {Of(e.Step)}, is no longer waited for.",
        VmEvents.Observed e => $"libvirt says {Of(e.State)} ({Of(e.Reason)}).",
        VmEvents.Crashed e => $"It went down by itself ({Of(e.Reason)}), {e.Streak} in a row; it is started again at {e.NextTryAt:O}.",
        VmEvents.Rebooted => "The guest rebooted.",
        VmEvents.OperationEnded e => $"Operation {e.Number} {Of(e.Outcome)}{(e.Failure is { } failure ? $": {failure.Message}" : ".")}",
        VmEvents.Tombstoned => "Nothing is left of it but this history.",
        _ => throw new ArgumentException($"{@event.GetType().Name} has no sentence.", nameof(@event)),
    };

    internal static string CrashMessage(PowerReason reason) => reason switch
    {
        PowerReason.GuestPanicked => "The guest's kernel panicked.",
        PowerReason.Failed => "QEMU could not start the guest.",
        PowerReason.Daemon => "The libvirt daemon stopped the guest when it lost track of it.",
        _ => "QEMU died under the guest; the host's kernel log may say why (out of memory, a signal).",
    };
}
