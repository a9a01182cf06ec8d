using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>What libvirt said of a domain, and since when it has been so.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">Why.</param>
/// <param name="Since">Since when.</param>
public sealed record Reality(PowerState State, PowerReason Reason, DateTimeOffset Since);

/// <summary>What is wanted, and who wants it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Force">Whether the guest's consent is not waited for.</param>
/// <param name="By">Who.</param>
/// <param name="RequestId">Under which idempotency key.</param>
/// <param name="At">Since when.</param>
public sealed record WantedState(VmIntent Kind, bool Force, string By, string? RequestId, DateTimeOffset At);

/// <summary>The one effect in flight.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Kind">The step.</param>
/// <param name="Attempt">Which try this is, from 1.</param>
/// <param name="StartedAt">Since when.</param>
public sealed record StepInFlight(long Number, VmStep Kind, int Attempt, DateTimeOffset StartedAt);

/// <summary>A failure that still stands.</summary>
/// <param name="Step">The step that failed.</param>
/// <param name="Failure">The cause.</param>
/// <param name="Attempt">How often it was tried.</param>
/// <param name="At">When the last try failed.</param>
/// <param name="NextTryAt">When it is tried again; null when only a request will try again.</param>
public sealed record StandingFailure(VmStep Step, Failure Failure, int Attempt, DateTimeOffset At, DateTimeOffset? NextTryAt);

/// <summary>A start that succeeded.</summary>
/// <param name="At">When it did.</param>
/// <param name="Took">How long the step took.</param>
public sealed record VmStart(DateTimeOffset At, TimeSpan Took);

/// <summary>An accepted request.</summary>
/// <param name="Number">Its number within the VM.</param>
/// <param name="What">What was asked.</param>
/// <param name="Request">By whom, under which key.</param>
/// <param name="AcceptedAt">When.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="EndedAt">When it ended.</param>
public sealed record VmOperation(long Number, VmChange What, Request Request, DateTimeOffset AcceptedAt, OperationStatus Status, Failure? Failure, DateTimeOffset? EndedAt);

/// <summary>
/// All that is known of a VM: what it shall be, what is wanted of it, what libvirt said last, what was made so far, and what is going on. Changed by <see cref="Apply"/> alone,
/// except <see cref="Reality"/>, which is asked again after every restart and may change without an event.
/// </summary>
public sealed record VmState(VmId Id)
{
    /// <summary>How many accepted requests are remembered, and with them their idempotency keys.</summary>
    public const int RememberedOperations = 256;

    private const int RememberedCrashes = 10;

    /// <summary>What the VM shall be; null before it was created.</summary>
    public VmSpec? Spec { get; init; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>What is wanted.</summary>
    public WantedState Wanted { get; init; } = new(VmIntent.Stopped, false, "nobody", null, default);

    /// <summary>What libvirt says now; unknown when it can't be asked.</summary>
    public Reality Reality { get; init; } = new(PowerState.Unknown, PowerReason.NotSeenYet, default);

    /// <summary>The last word of libvirt in the journal; an equal one is not written again.</summary>
    public Reality Recorded { get; init; } = new(PowerState.Unknown, PowerReason.NotSeenYet, default);

    /// <summary>The last word of libvirt that was not "unknown": what a change is a change from.</summary>
    public Reality LastKnown { get; init; } = new(PowerState.Absent, PowerReason.Unspecified, default);

    /// <summary>The image that the disk stands on, once it is known.</summary>
    public ImageDigest? Image { get; init; }

    /// <summary>Whether the disk was made.</summary>
    public bool HasDisk { get; init; }

    /// <summary>Whether the seed was made.</summary>
    public bool HasSeed { get; init; }

    /// <summary>Whether the domain was defined since the VM was last asked to run: a definition of an older agent or configuration is not started.</summary>
    public bool IsDefined { get; init; }

    /// <summary>The effect in flight.</summary>
    public StepInFlight? Step { get; init; }

    /// <summary>Number of the last effect.</summary>
    public long LastStep { get; init; }

    /// <summary>The failure that still stands.</summary>
    public StandingFailure? Failure { get; init; }

    /// <summary>The restart or reset that was asked for and has not happened.</summary>
    public VmChange? PendingRestart { get; init; }

    /// <summary>When the guest was first asked to power off or reboot, while the answer is waited for.</summary>
    public DateTimeOffset? GuestAskedAt { get; init; }

    /// <summary>When the guest was last asked.</summary>
    public DateTimeOffset? GuestAskedLastAt { get; init; }

    /// <summary>When the guest was last seen to reboot.</summary>
    public DateTimeOffset? RebootedAt { get; init; }

    /// <summary>How often the VM went down by itself in all.</summary>
    public int Crashes { get; init; }

    /// <summary>How often in a row.</summary>
    public int CrashStreak { get; init; }

    /// <summary>When it went down by itself, the last times, oldest first; null when it never did, or it was before this was kept.</summary>
    public ImmutableList<DateTimeOffset>? RecentCrashes { get; init; }

    /// <summary>Its last start that succeeded; null when there was none, or it was before this was kept.</summary>
    public VmStart? LastStart { get; init; }

    /// <summary>The last requests, oldest first.</summary>
    public ImmutableList<VmOperation> Operations { get; init; } = [];

    /// <summary>Whether nothing of the VM is left but its history.</summary>
    public bool IsTombstoned { get; init; }

    /// <summary>How many events made this state.</summary>
    public long Version { get; init; }

    /// <summary>The state after one more event.</summary>
    /// <param name="event">What happened.</param>
    public VmState Apply(IVmEvent @event) => Change(@event) with { Version = Version + 1 };

    private VmState Change(IVmEvent @event) => @event switch
    {
        VmEvents.Created e => this with { Spec = e.Spec, CreatedAt = e.At },
        VmEvents.OperationAccepted e => Accept(e),
        VmEvents.IntentChanged e => this with
        {
            Wanted = new(e.To, e.Force, e.By, e.RequestId, e.At),
            Failure = null,
            IsDefined = IsDefined && (e.To != VmIntent.Running || Reality.State is PowerState.Running or PowerState.Paused),
            PendingRestart = e.To == VmIntent.Running ? PendingRestart : null,
            GuestAskedAt = null,
            GuestAskedLastAt = null,
        },
        VmEvents.StepStarted e => this with
        {
            Step = new(e.Number, e.Step, e.Attempt, e.At),
            LastStep = e.Number,
            GuestAskedAt = e.Step is VmStep.Shutdown or VmStep.Reboot ? GuestAskedAt ?? e.At : GuestAskedAt,
            GuestAskedLastAt = e.Step is VmStep.Shutdown or VmStep.Reboot ? e.At : GuestAskedLastAt,
        },
        VmEvents.StepCompleted e => Complete(e),
        VmEvents.StepFailed e => this with
        {
            Step = null,
            Failure = new(e.Step, e.Failure, e.Attempt, e.At, e.NextTryAt),
            Image = e.Failure.Code == FailureCodes.ImageMissing && !HasDisk ? null : Image,
        },
        VmEvents.StepAbandoned => this with { Step = null },
        VmEvents.Observed e => See(new(e.State, e.Reason, e.At)) with { Recorded = new(e.State, e.Reason, e.At) },
        VmEvents.Crashed e => this with
        {
            Crashes = Crashes + 1,
            CrashStreak = e.Streak,
            RecentCrashes = [.. (RecentCrashes ?? []).TakeLast(RememberedCrashes - 1), e.At],
            Failure = new(VmStep.Start, new(FailureCodes.VmCrashed, VmWords.CrashMessage(e.Reason), false), e.Streak, e.At, e.NextTryAt),
        },
        VmEvents.Rebooted e => this with
        {
            RebootedAt = e.At,
            PendingRestart = null,
            // A guest that was asked to power off does not win time by rebooting.
            GuestAskedAt = Wanted.Kind == VmIntent.Stopped ? GuestAskedAt : null,
            GuestAskedLastAt = Wanted.Kind == VmIntent.Stopped ? GuestAskedLastAt : null,
        },
        VmEvents.OperationEnded e => this with { Operations = Operations.ConvertAll(o => o.Number == e.Number ? o with { Status = e.Outcome, Failure = e.Failure, EndedAt = e.At } : o) },
        VmEvents.Tombstoned => this with { IsTombstoned = true, Failure = null },
        _ => this,
    };

    /// <summary>The state with libvirt's present word, without an event.</summary>
    /// <param name="reality">The word.</param>
    internal VmState See(Reality reality) => this with
    {
        Reality = reality,
        LastKnown = reality.State == PowerState.Unknown ? LastKnown : reality,
        GuestAskedAt = reality.State is PowerState.Stopped or PowerState.Absent ? null : GuestAskedAt,
        GuestAskedLastAt = reality.State is PowerState.Stopped or PowerState.Absent ? null : GuestAskedLastAt,
    };

    /// <summary>The state of an agent that has just started: what was in flight is not, and libvirt has not been asked.</summary>
    /// <param name="at">Now.</param>
    internal VmState Recovered(DateTimeOffset at) => this with { Reality = new(PowerState.Unknown, PowerReason.NotSeenYet, at) };

    private VmState Accept(VmEvents.OperationAccepted e)
    {
        var remembered = Operations.Count < RememberedOperations ? Operations : Operations.RemoveAt(0);
        return this with
        {
            Operations = remembered.Add(new(e.Number, e.What, e.Request, e.At, OperationStatus.Running, null, null)),
            PendingRestart = e.What is VmChange.Restart or VmChange.Reset ? e.What : null,
        };
    }

    private VmState Complete(VmEvents.StepCompleted e)
    {
        var done = this with { Step = null, Failure = null };
        return e.Step switch
        {
            VmStep.ResolveImage => done with { Image = e.Image },
            VmStep.CreateDisk => done with { HasDisk = true },
            VmStep.CreateSeed => done with { HasSeed = true },
            VmStep.Define => done with { IsDefined = true },
            VmStep.Start when Step is { } start => done with { LastStart = new(e.At, e.At - start.StartedAt) },
            VmStep.Reset => done with { PendingRestart = null, GuestAskedAt = null, GuestAskedLastAt = null },
            VmStep.RemoveFiles => done with { HasDisk = false, HasSeed = false },
            _ => done,
        };
    }
}
