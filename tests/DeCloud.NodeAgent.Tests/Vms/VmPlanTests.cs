using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Vms;

public sealed class VmPlanTests
{
    private static readonly VmPolicy Policy = new() { StopGrace = TimeSpan.FromSeconds(60), AskAgainAfter = TimeSpan.FromSeconds(10) };
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    // Every cell of (wanted, real) for a VM whose disk and seed are made.
    public static TheoryData<VmIntent, PowerState, VmStep?> Table => new()
    {
        { VmIntent.Running, PowerState.Unknown, null },
        { VmIntent.Running, PowerState.Absent, VmStep.Define },
        { VmIntent.Running, PowerState.Stopped, VmStep.Start },
        { VmIntent.Running, PowerState.Running, null },
        { VmIntent.Running, PowerState.Paused, VmStep.Resume },
        { VmIntent.Paused, PowerState.Unknown, null },
        { VmIntent.Paused, PowerState.Absent, VmStep.Define },
        { VmIntent.Paused, PowerState.Stopped, null },
        { VmIntent.Paused, PowerState.Running, VmStep.Suspend },
        { VmIntent.Paused, PowerState.Paused, null },
        { VmIntent.Stopped, PowerState.Unknown, null },
        { VmIntent.Stopped, PowerState.Absent, null },
        { VmIntent.Stopped, PowerState.Stopped, null },
        { VmIntent.Stopped, PowerState.Running, VmStep.Shutdown },
        { VmIntent.Stopped, PowerState.Paused, VmStep.Resume },
        { VmIntent.Deleted, PowerState.Unknown, null },
        { VmIntent.Deleted, PowerState.Absent, VmStep.RemoveFiles },
        { VmIntent.Deleted, PowerState.Stopped, VmStep.Undefine },
        { VmIntent.Deleted, PowerState.Running, VmStep.Destroy },
        { VmIntent.Deleted, PowerState.Paused, VmStep.Destroy },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_cell_of_wanted_and_real_has_its_step(VmIntent wanted, PowerState real, VmStep? expected) =>
        Assert.Equal(expected, VmPlan.Next(Made(wanted, real, real == PowerState.Paused ? PowerReason.UserPaused : PowerReason.Unspecified), Policy, Now));

    [Fact]
    public void The_table_has_every_cell() =>
        Assert.Equal(Enum.GetValues<VmIntent>().Length * Enum.GetValues<PowerState>().Length, Table.Count);

    [Theory]
    [InlineData(false, false, false, VmStep.ResolveImage)]
    [InlineData(true, false, false, VmStep.CreateDisk)]
    [InlineData(true, true, false, VmStep.CreateSeed)]
    [InlineData(true, true, true, VmStep.Define)]
    public void What_is_missing_is_made_in_order(bool hasImage, bool hasDisk, bool hasSeed, VmStep expected)
    {
        var state = Made(VmIntent.Running, PowerState.Absent) with { Image = hasImage ? Samples.Digest : null, HasDisk = hasDisk, HasSeed = hasSeed };
        Assert.Equal(expected, VmPlan.Next(state, Policy, Now));
    }

    [Fact]
    public void A_definition_of_an_earlier_time_is_renewed_before_it_is_started() =>
        Assert.Equal(VmStep.Define, VmPlan.Next(Made(VmIntent.Running, PowerState.Stopped) with { IsDefined = false }, Policy, Now));

    [Fact]
    public void Force_cuts_the_power_at_once()
    {
        var state = Made(VmIntent.Stopped, PowerState.Running);
        Assert.Equal(VmStep.Destroy, VmPlan.Next(state with { Wanted = state.Wanted with { Force = true } }, Policy, Now));
    }

    [Fact]
    public void A_guest_that_was_asked_to_power_off_is_asked_again_and_then_cut_off()
    {
        var asked = Made(VmIntent.Stopped, PowerState.Running) with { GuestAskedAt = Now, GuestAskedLastAt = Now };
        Assert.Null(VmPlan.Next(asked, Policy, Now.AddSeconds(9.9)));
        Assert.Equal(VmStep.Shutdown, VmPlan.Next(asked, Policy, Now.AddSeconds(10)));
        Assert.Equal(VmStep.Destroy, VmPlan.Next(asked, Policy, Now.AddSeconds(60)));
        Assert.Equal(Now.AddSeconds(10), VmPlan.WakeAt(asked, Policy));
        Assert.Equal(Now.AddSeconds(60), VmPlan.WakeAt(asked with { GuestAskedLastAt = Now.AddSeconds(55) }, Policy));
    }

    [Fact]
    public void A_guest_that_does_not_reboot_is_reset()
    {
        var asked = Made(VmIntent.Running, PowerState.Running) with { PendingRestart = VmChange.Restart };
        Assert.Equal(VmStep.Reboot, VmPlan.Next(asked, Policy, Now));
        Assert.Equal(VmStep.Reset, VmPlan.Next(asked with { GuestAskedAt = Now, GuestAskedLastAt = Now }, Policy, Now.AddSeconds(60)));
        Assert.Equal(VmStep.Reset, VmPlan.Next(asked with { PendingRestart = VmChange.Reset }, Policy, Now));
    }

    [Fact]
    public void A_failure_holds_back_until_its_next_try_and_for_ever_without_one()
    {
        var state = Made(VmIntent.Running, PowerState.Stopped);
        var failure = new StandingFailure(VmStep.Start, new("x", "y", false), 1, Now, Now.AddSeconds(1));
        Assert.Null(VmPlan.Next(state with { Failure = failure }, Policy, Now));
        Assert.Equal(VmStep.Start, VmPlan.Next(state with { Failure = failure }, Policy, Now.AddSeconds(1)));
        Assert.Null(VmPlan.Next(state with { Failure = failure with { NextTryAt = null } }, Policy, Now.AddYears(1)));
    }

    [Fact]
    public void Nothing_is_planned_while_a_step_runs_or_after_the_end()
    {
        var state = Made(VmIntent.Running, PowerState.Stopped);
        Assert.Null(VmPlan.Next(state with { Step = new(1, VmStep.Start, 1, Now) }, Policy, Now));
        Assert.Null(VmPlan.Next(state with { IsTombstoned = true }, Policy, Now));
    }

    [Fact]
    public void Pauses_double_up_to_the_longest_and_are_spread()
    {
        var pauses = Enumerable.Range(1, 12).Select(n => Policy.PauseAfter(VmId.New(), n)).ToList();
        for (var n = 0; n < pauses.Count; n++)
        {
            var full = TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, n)));
            Assert.InRange(pauses[n], full * 0.8, full);
        }
    }

    private static VmState Made(VmIntent wanted, PowerState real, PowerReason reason = PowerReason.Unspecified) => new(VmId.New())
    {
        Spec = Samples.Spec,
        Wanted = new(wanted, false, "api", null, Now),
        Reality = new(real, reason, Now),
        Image = Samples.Digest,
        HasDisk = true,
        HasSeed = true,
        IsDefined = true,
    };
}
