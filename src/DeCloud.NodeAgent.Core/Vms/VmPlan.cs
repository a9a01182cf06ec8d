using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>Which step leads from what is to what is wanted. A table over (wanted, real); knows no clock but the time it is given.</summary>
public static class VmPlan
{
    /// <summary>The next step, or none. Never plans on a reality that is unknown, and never two steps at once.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    /// <param name="now">The time.</param>
    public static VmStep? Next(VmState state, VmPolicy policy, DateTimeOffset now)
    {
        if (state.Spec is null || state.IsTombstoned || state.Step is not null)
        {
            return null;
        }

        if (state is { Wanted.Kind: VmIntent.Deleted, Failure.Failure.Code: FailureCodes.ForeignDomain })
        {
            // The domain under this UUID is somebody else's and stays; what is the VM's own goes.
            return VmStep.RemoveFiles;
        }

        if (IsHeldBack(state, now))
        {
            return null;
        }

        return (state.Wanted.Kind, state.Reality.State) switch
        {
            (_, PowerState.Unknown) => null,

            (VmIntent.Running or VmIntent.Paused, PowerState.Absent) => Prepare(state),
            (VmIntent.Running, PowerState.Stopped) => state.IsDefined ? VmStep.Start : Prepare(state),
            (VmIntent.Running, PowerState.Paused) => state.Reality.Reason == PowerReason.Transient ? null : VmStep.Resume,
            (VmIntent.Running, PowerState.Running) => Restart(state, policy, now),

            (VmIntent.Paused, PowerState.Running) => VmStep.Suspend,
            (VmIntent.Paused, PowerState.Paused or PowerState.Stopped) => null,

            (VmIntent.Stopped, PowerState.Running) => Stop(state, policy, now),
            // A guest that stands still can't hear the request to power off.
            (VmIntent.Stopped, PowerState.Paused) => state.Wanted.Force || state.Reality.Reason != PowerReason.UserPaused ? VmStep.Destroy : VmStep.Resume,
            (VmIntent.Stopped, PowerState.Stopped or PowerState.Absent) => null,

            (VmIntent.Deleted, PowerState.Running or PowerState.Paused) => VmStep.Destroy,
            (VmIntent.Deleted, PowerState.Stopped) => VmStep.Undefine,
            (VmIntent.Deleted, PowerState.Absent) => VmStep.RemoveFiles,
            _ => null,
        };
    }

    /// <summary>When <see cref="Next"/> should be asked again although nothing happened; null when only an event can change its answer.</summary>
    /// <param name="state">What is known.</param>
    /// <param name="policy">How patient to be.</param>
    public static DateTimeOffset? WakeAt(VmState state, VmPolicy policy)
    {
        if (state.Step is not null || state.IsTombstoned)
        {
            return null;
        }

        if (state.Failure is { } failure)
        {
            return failure.NextTryAt;
        }

        if (state.GuestAskedAt is not { } asked || state.GuestAskedLastAt is not { } last)
        {
            return null;
        }

        var over = asked + policy.StopGrace;
        var again = last + policy.AskAgainAfter;
        return again < over ? again : over;
    }

    private static bool IsHeldBack(VmState state, DateTimeOffset now) =>
        state.Failure is { } failure && (failure.NextTryAt is not { } next || next > now);

    private static VmStep Prepare(VmState state) => state switch
    {
        { HasDisk: false, Image: null } => VmStep.ResolveImage,
        { HasDisk: false } => VmStep.CreateDisk,
        { HasSeed: false } => VmStep.CreateSeed,
        _ => VmStep.Define,
    };

    private static VmStep? Restart(VmState state, VmPolicy policy, DateTimeOffset now) => state.PendingRestart switch
    {
        VmChange.Reset => VmStep.Reset,
        VmChange.Restart => Ask(state, policy, now, VmStep.Reboot, VmStep.Reset),
        _ => null,
    };

    private static VmStep? Stop(VmState state, VmPolicy policy, DateTimeOffset now) =>
        state.Wanted.Force ? VmStep.Destroy : Ask(state, policy, now, VmStep.Shutdown, VmStep.Destroy);

    private static VmStep? Ask(VmState state, VmPolicy policy, DateTimeOffset now, VmStep gently, VmStep firmly)
    {
        if (state.GuestAskedAt is not { } asked || state.GuestAskedLastAt is not { } last)
        {
            return gently;
        }

        if (now >= asked + policy.StopGrace)
        {
            return firmly;
        }

        return now >= last + policy.AskAgainAfter ? gently : null;
    }
}
