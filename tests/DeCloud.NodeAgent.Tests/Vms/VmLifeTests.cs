using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Vms;

public sealed class VmLifeTests
{
    private static readonly VmPolicy Policy = new();
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly VmId _id = VmId.New();
    private VmState _state;
    private DateTimeOffset _now = Start;

    public VmLifeTests() => _state = new(_id);

    [Fact]
    public void A_create_walks_through_every_step_in_order_and_then_its_operation_has_succeeded()
    {
        BringUp();
        Assert.Equal(PowerState.Running, _state.Reality.State);
        Assert.Equal(OperationStatus.Succeeded, Operation(1).Status);
        Assert.Null(_state.Step);
    }

    [Fact]
    public void Step_started_is_stored_together_with_the_completion_before_it()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        var turn = VmLife.StepCompleted(_state, Policy, _state.Step!.Number, Samples.Digest, null, _now);
        Assert.Equal(["step-completed", "step-started"], turn.Events.Select(VmWords.EventType));
    }

    [Fact]
    public void A_seed_that_was_made_along_with_the_disk_is_stored_as_its_step_in_the_same_write()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        Take(VmLife.StepCompleted(_state, Policy, _state.Step!.Number, Samples.Digest, null, _now));
        var disk = _state.Step!.Number;
        var turn = VmLife.StepCompleted(_state, Policy, disk, null, null, _now, VmStep.CreateSeed);
        Assert.Equal(
            [
                new VmEvents.StepCompleted(disk, VmStep.CreateDisk, null, _now), new VmEvents.StepStarted(disk + 1, VmStep.CreateSeed, 1, _now),
                new VmEvents.StepCompleted(disk + 1, VmStep.CreateSeed, null, _now), new VmEvents.StepStarted(disk + 2, VmStep.Define, 1, _now),
            ],
            turn.Events);
        Assert.True(turn.After.HasSeed);
        Assert.Equal(VmStep.Define, turn.Run?.Kind);
    }

    [Fact]
    public void A_step_taken_along_that_is_not_the_next_is_not_stored()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        var turn = VmLife.StepCompleted(_state, Policy, _state.Step!.Number, Samples.Digest, null, _now, VmStep.CreateSeed);
        Assert.Equal(["step-completed", "step-started"], turn.Events.Select(VmWords.EventType));
        Assert.Equal(VmStep.CreateDisk, turn.Run?.Kind);
        Assert.False(turn.After.HasSeed);
    }

    [Fact]
    public void The_same_key_gets_the_same_operation_and_another_body_a_conflict()
    {
        BringUp();
        var again = VmLife.Create(_state, Policy, Samples.Create(_id), false, _now);
        Assert.Empty(again.Events);
        Assert.Equal(1, again.Operation);
        Assert.Equal(FailureCodes.IdempotencyConflict, VmLife.Create(_state, Policy, Samples.Create(_id, body: "other"), false, _now).Refusal?.Code);
        Assert.Equal(FailureCodes.IdempotencyConflict, VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Stop, "create-1", "other"), _now).Refusal?.Code);
        Assert.Equal(FailureCodes.VmExists, VmLife.Create(_state, Policy, Samples.Create(_id, key: "create-2"), false, _now).Refusal?.Code);
    }

    [Fact]
    public void Nothing_happens_while_libvirt_is_unknown()
    {
        BringUp();
        Take(VmLife.HypervisorLost(_state, Policy, _now));
        Assert.Equal(PowerState.Unknown, _state.Reality.State);
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Delete, "d"), _now));
        Assert.Null(_state.Step);
        See(PowerState.Running, PowerReason.Booted);
        Assert.Equal(VmStep.Destroy, _state.Step?.Kind);
    }

    [Theory]
    [InlineData(PowerReason.GuestShutdown, VmIntent.Stopped, "guest")]
    [InlineData(PowerReason.Destroyed, VmIntent.Stopped, "outside")]
    [InlineData(PowerReason.MovedAway, VmIntent.Stopped, "outside")]
    [InlineData(PowerReason.Crashed, VmIntent.Running, "api")]
    [InlineData(PowerReason.GuestPanicked, VmIntent.Running, "api")]
    [InlineData(PowerReason.Daemon, VmIntent.Running, "api")]
    [InlineData(PowerReason.Unspecified, VmIntent.Running, "api")]
    public void Why_a_running_vm_went_down_decides_what_is_wanted_now(PowerReason reason, VmIntent wanted, string by)
    {
        BringUp();
        See(PowerState.Stopped, reason);
        Assert.Equal((wanted, by), (_state.Wanted.Kind, _state.Wanted.By));
    }

    [Fact]
    public void A_crash_is_counted_shown_and_started_again_after_a_growing_pause()
    {
        BringUp();
        See(PowerState.Stopped, PowerReason.Crashed);
        Assert.Equal((1, 1), (_state.Crashes, _state.CrashStreak));
        Assert.Equal(FailureCodes.VmCrashed, _state.Failure?.Failure.Code);
        Assert.Null(_state.Step);
        var first = _state.Failure!.NextTryAt!.Value - _now;

        _now = _state.Failure.NextTryAt.Value;
        Take(VmLife.Woken(_state, Policy, _now));
        Assert.Equal(VmStep.Start, _state.Step?.Kind);
        Complete(PowerState.Running, PowerReason.Booted);
        See(PowerState.Stopped, PowerReason.Crashed);
        Assert.Equal(2, _state.CrashStreak);
        Assert.True(_state.Failure!.NextTryAt - _now > first);
    }

    [Fact]
    public void A_crash_long_after_the_last_is_the_first_again()
    {
        BringUp();
        See(PowerState.Stopped, PowerReason.Crashed);
        _now = _state.Failure!.NextTryAt!.Value;
        Take(VmLife.Woken(_state, Policy, _now));
        Complete(PowerState.Running, PowerReason.Booted);
        _now += Policy.CrashForgottenAfter;
        See(PowerState.Stopped, PowerReason.Crashed);
        Assert.Equal((2, 1), (_state.Crashes, _state.CrashStreak));
    }

    [Fact]
    public void A_guest_that_powers_off_stays_off_until_somebody_starts_it()
    {
        BringUp();
        See(PowerState.Stopped, PowerReason.GuestShutdown);
        Assert.Null(_state.Step);
        Take(VmLife.Recover(_state, Policy, _now));
        See(PowerState.Stopped, PowerReason.GuestShutdown);
        Assert.Null(_state.Step);
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Start, "s"), _now));
        Assert.Equal(VmStep.Define, _state.Step?.Kind);
        Complete(PowerState.Stopped, PowerReason.GuestShutdown);
        Assert.Equal(VmStep.Start, _state.Step?.Kind);
    }

    [Fact]
    public void After_a_restart_libvirt_is_asked_before_anything_is_done_and_an_equal_answer_is_not_stored_again()
    {
        BringUp();
        var recovered = VmLife.Recover(_state, Policy, _now);
        Assert.Empty(recovered.Events);
        Take(recovered);
        Assert.Equal(PowerReason.NotSeenYet, _state.Reality.Reason);
        var seen = VmLife.Seen(_state, Policy, Status(PowerState.Running, PowerReason.Booted), _now);
        Assert.Empty(seen.Events);
        Assert.Equal(PowerState.Running, seen.After.Reality.State);
    }

    [Fact]
    public void A_step_that_was_in_flight_when_the_agent_died_is_taken_anew_under_a_new_number()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        var number = _state.Step!.Number;
        Take(VmLife.Recover(_state, Policy, _now));
        Assert.Null(_state.Step);
        See(null);
        Assert.Equal(VmStep.ResolveImage, _state.Step?.Kind);
        Assert.Equal(number + 1, _state.Step?.Number);
        var late = VmLife.StepCompleted(_state, Policy, number, Samples.Digest, null, _now);
        Assert.Empty(late.Events);
    }

    [Fact]
    public void Force_stop_wins_over_a_start_in_flight()
    {
        BringUp();
        See(PowerState.Stopped, PowerReason.GuestShutdown);
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Start, "s"), _now));
        Complete(PowerState.Stopped, PowerReason.GuestShutdown);
        var start = _state.Step!.Number;
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.ForceStop, "f"), _now));
        Assert.Equal(OperationStatus.Superseded, Operation(2).Status);
        Take(VmLife.StepCompleted(_state, Policy, start, null, new(Status(PowerState.Running, PowerReason.Booted)), _now));
        See(PowerState.Running, PowerReason.Booted);
        Assert.Equal(VmStep.Destroy, _state.Step?.Kind);
        Complete(PowerState.Stopped, PowerReason.Destroyed);
        Assert.Equal(OperationStatus.Succeeded, Operation(3).Status);
        Assert.Equal(VmIntent.Stopped, _state.Wanted.Kind);
    }

    [Fact]
    public void A_stop_asks_the_guest_and_is_over_when_the_guest_is_down()
    {
        BringUp();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Stop, "s"), _now));
        Assert.Equal(VmStep.Shutdown, _state.Step?.Kind);
        Complete(PowerState.Running, PowerReason.ShuttingDown);
        Assert.Null(_state.Step);
        See(PowerState.Stopped, PowerReason.GuestShutdown);
        Assert.Equal(OperationStatus.Succeeded, Operation(2).Status);
        Assert.Equal("api", _state.Wanted.By);
    }

    [Fact]
    public void A_restart_is_over_when_the_guest_rebooted_and_a_guest_that_powers_off_instead_is_started()
    {
        BringUp();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Restart, "r"), _now));
        Assert.Equal(VmStep.Reboot, _state.Step?.Kind);
        Complete(PowerState.Running, PowerReason.Booted);
        Assert.Equal(OperationStatus.Running, Operation(2).Status);
        Take(VmLife.Rebooted(_state, Policy, _now));
        Assert.Equal(OperationStatus.Succeeded, Operation(2).Status);

        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Restart, "r2"), _now));
        Complete(PowerState.Running, PowerReason.Booted);
        See(PowerState.Stopped, PowerReason.GuestShutdown);
        Assert.Equal(VmStep.Start, _state.Step?.Kind);
        Complete(PowerState.Running, PowerReason.Booted);
        Assert.Equal(OperationStatus.Succeeded, Operation(3).Status);
    }

    [Fact]
    public void A_guest_that_reboots_in_a_circle_loses_its_power_after_the_grace_all_the_same()
    {
        BringUp();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Stop, "s"), _now));
        Complete(PowerState.Running, PowerReason.Booted);
        var over = _now + Policy.StopGrace;
        while (_now < over)
        {
            _now += TimeSpan.FromSeconds(1);
            Take(VmLife.Rebooted(_state, Policy, _now));
            if (_state.Step?.Kind == VmStep.Shutdown)
            {
                Complete(PowerState.Running, PowerReason.Booted);
            }
        }

        Assert.Equal(VmStep.Destroy, _state.Step?.Kind);
    }

    [Fact]
    public void Resets_that_follow_a_reboot_at_once_belong_to_it()
    {
        BringUp();
        Assert.Single(VmLife.Rebooted(_state, Policy, _now).Events);
        Take(VmLife.Rebooted(_state, Policy, _now));
        Assert.Empty(VmLife.Rebooted(_state, Policy, _now + Policy.RebootSettlesWithin / 2).Events);
        Assert.Single(VmLife.Rebooted(_state, Policy, _now + Policy.RebootSettlesWithin).Events);
    }

    [Fact]
    public void A_delete_ends_in_a_tombstone_that_refuses_everything_else()
    {
        BringUp();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Delete, "d"), _now));
        Assert.Equal(VmStep.Destroy, _state.Step?.Kind);
        Complete(PowerState.Stopped, PowerReason.Destroyed);
        Assert.Equal(VmStep.Undefine, _state.Step?.Kind);
        Complete(null);
        Assert.Equal(VmStep.RemoveFiles, _state.Step?.Kind);
        Take(VmLife.StepCompleted(_state, Policy, _state.Step!.Number, null, null, _now));
        Assert.True(_state.IsTombstoned);
        Assert.Equal(OperationStatus.Succeeded, Operation(2).Status);
        Assert.Equal(FailureCodes.VmDeleted, VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Start, "s"), _now).Refusal?.Code);
        Assert.Equal(2, VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Delete, "d"), _now).Operation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_that_met_another_reality_than_it_was_planned_on_gives_way_to_the_one_that_leads_on_from_there(bool isSeenBefore)
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        UpToStart();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Delete, "d"), _now));
        Assert.Equal(VmStep.Undefine, _state.Step?.Kind);
        if (isSeenBefore)
        {
            See(PowerState.Running, PowerReason.Booted);
        }

        Take(VmLife.StepFailed(_state, Policy, _state.Step!.Number, new(FailureCodes.HypervisorError, "no", false), isSeenBefore ? null : new(Status(PowerState.Running, PowerReason.Booted)), _now));
        Assert.Equal(VmStep.Destroy, _state.Step?.Kind);
        Assert.Null(_state.Failure);
    }

    [Fact]
    public void A_step_that_failed_and_would_be_the_same_again_waits_also_when_reality_has_changed()
    {
        BringUp();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Delete, "d"), _now));
        Assert.Equal(VmStep.Destroy, _state.Step?.Kind);
        Take(VmLife.StepFailed(_state, Policy, _state.Step!.Number, new(FailureCodes.HypervisorError, "no", false), new(Status(PowerState.Paused, PowerReason.UserPaused)), _now));
        Assert.Null(_state.Step);
        Assert.NotNull(_state.Failure?.NextTryAt);
    }

    [Fact]
    public void A_vm_whose_uuid_was_taken_by_a_foreign_domain_is_deleted_without_touching_it()
    {
        BringUp();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Delete, "d"), _now));
        Take(VmLife.StepFailed(_state, Policy, _state.Step!.Number, new(FailureCodes.ForeignDomain, "not ours", true), null, _now));
        Assert.Equal(VmStep.RemoveFiles, _state.Step?.Kind);
        Take(VmLife.StepCompleted(_state, Policy, _state.Step!.Number, null, null, _now));
        Assert.True(_state.IsTombstoned);
    }

    [Fact]
    public void A_permanent_failure_ends_the_operation_and_is_tried_again_only_on_request()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        Take(VmLife.StepFailed(_state, Policy, _state.Step!.Number, new(FailureCodes.ImageHashMismatch, "no", true), null, _now));
        Assert.Equal(OperationStatus.Failed, Operation(1).Status);
        Assert.Null(VmPlan.WakeAt(_state, Policy));
        Assert.Null(VmLife.Woken(_state, Policy, _now.AddDays(1)).Run);
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Start, "s"), _now));
        Assert.Equal(VmStep.ResolveImage, _state.Step?.Kind);
    }

    [Fact]
    public void A_passing_failure_is_tried_again_with_growing_pauses_and_ends_the_operation_after_its_tries()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        for (var attempt = 1; attempt <= Policy.AttemptsPerOperation; attempt++)
        {
            Assert.Equal(attempt, _state.Step?.Attempt);
            Assert.Equal(OperationStatus.Running, Operation(1).Status);
            Take(VmLife.StepFailed(_state, Policy, _state.Step!.Number, new(FailureCodes.ImageUnreachable, "no", false), null, _now));
            Assert.Equal(attempt, _state.Failure?.Attempt);
            _now = _state.Failure!.NextTryAt!.Value;
            Take(VmLife.Woken(_state, Policy, _now));
        }

        Assert.Equal(OperationStatus.Failed, Operation(1).Status);
        Assert.NotNull(_state.Step);
    }

    [Fact]
    public void A_hypervisor_that_is_away_uses_up_no_tries()
    {
        BringUp();
        See(PowerState.Stopped, PowerReason.GuestShutdown);
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.Start, "s"), _now));
        for (var i = 0; i < 20; i++)
        {
            Take(VmLife.StepFailed(_state, Policy, _state.Step!.Number, new(FailureCodes.HypervisorUnavailable, "away", false), null, _now));
            _now = _state.Failure!.NextTryAt!.Value;
            Take(VmLife.Woken(_state, Policy, _now));
        }

        Assert.Equal(OperationStatus.Running, Operation(2).Status);
        Assert.Equal(1, _state.Step?.Attempt);
    }

    [Fact]
    public void An_image_that_left_the_cache_before_the_disk_was_made_is_fetched_again()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        Take(VmLife.StepCompleted(_state, Policy, _state.Step!.Number, Samples.Digest, null, _now));
        Assert.Equal(VmStep.CreateDisk, _state.Step?.Kind);
        Take(VmLife.StepFailed(_state, Policy, _state.Step!.Number, new(FailureCodes.ImageMissing, "gone", false), null, _now));
        _now = _state.Failure!.NextTryAt!.Value;
        Take(VmLife.Woken(_state, Policy, _now));
        Assert.Equal(VmStep.ResolveImage, _state.Step?.Kind);
    }

    [Fact]
    public void A_guest_paused_by_a_full_disk_is_resumed_with_pauses_until_it_runs()
    {
        BringUp();
        See(PowerState.Paused, PowerReason.IoError);
        Assert.Equal(VmStep.Resume, _state.Step?.Kind);
        Complete(PowerState.Paused, PowerReason.IoError);
        Assert.Equal((FailureCodes.DiskFull, 1), (_state.Failure?.Failure.Code, _state.Failure?.Attempt));
        _now = _state.Failure!.NextTryAt!.Value;
        Take(VmLife.Woken(_state, Policy, _now));
        Complete(PowerState.Running, PowerReason.Resumed);
        Assert.Null(_state.Failure);
        Assert.Equal(VmIntent.Running, _state.Wanted.Kind);
    }

    [Fact]
    public void A_pause_from_outside_is_respected()
    {
        BringUp();
        See(PowerState.Paused, PowerReason.UserPaused);
        Assert.Equal((VmIntent.Paused, "outside"), (_state.Wanted.Kind, _state.Wanted.By));
        Assert.Null(_state.Step);
        See(PowerState.Running, PowerReason.Resumed);
        Assert.Equal((VmIntent.Running, "outside"), (_state.Wanted.Kind, _state.Wanted.By));
    }

    [Fact]
    public void A_stopped_vm_that_somebody_starts_outside_is_stopped_again()
    {
        BringUp();
        Take(VmLife.Change(_state, Policy, Samples.Change(_id, VmChange.ForceStop, "f"), _now));
        Complete(PowerState.Stopped, PowerReason.Destroyed);
        See(PowerState.Running, PowerReason.Booted);
        Assert.Equal(VmStep.Destroy, _state.Step?.Kind);
    }

    [Theory]
    [InlineData(VmChange.Restart)]
    [InlineData(VmChange.Reset)]
    [InlineData(VmChange.Pause)]
    [InlineData(VmChange.Resume)]
    public void What_needs_a_running_vm_is_refused_for_one_that_is_off(VmChange what)
    {
        BringUp();
        See(PowerState.Stopped, PowerReason.GuestShutdown);
        Assert.Equal(FailureCodes.VmNotRunning, VmLife.Change(_state, Policy, Samples.Change(_id, what, "k"), _now).Refusal?.Code);
        Take(VmLife.HypervisorLost(_state, Policy, _now));
        Assert.Equal(FailureCodes.HypervisorUnavailable, VmLife.Change(_state, Policy, Samples.Change(_id, what, "k"), _now).Refusal?.Code);
    }

    [Fact]
    public void A_start_that_leaves_the_domain_stopped_has_failed()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        UpToStart();
        Complete(PowerState.Stopped, PowerReason.Failed);
        Assert.Equal((VmStep.Start, FailureCodes.VmCrashed), (_state.Failure?.Step, _state.Failure?.Failure.Code));
        Assert.Null(_state.Step);
    }

    [Fact]
    public void A_guest_that_powers_off_right_after_its_start_is_off_and_the_operation_says_so()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        UpToStart();
        Complete(PowerState.Stopped, PowerReason.GuestShutdown);
        Assert.Equal((VmIntent.Stopped, "guest"), (_state.Wanted.Kind, _state.Wanted.By));
        Assert.Equal((OperationStatus.Failed, FailureCodes.GuestDown), (Operation(1).Status, Operation(1).Failure?.Code));
    }

    [Fact]
    public void Replaying_the_events_gives_the_same_state()
    {
        var events = new List<IVmEvent>();
        void Follow(VmTurn turn)
        {
            events.AddRange(turn.Events);
            Take(turn);
        }

        Follow(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        while (_state.Step is { } step)
        {
            Look? look = step.Kind is VmStep.Define ? new(Status(PowerState.Stopped, PowerReason.Unspecified)) : step.Kind is VmStep.Start ? new(Status(PowerState.Running, PowerReason.Booted)) : null;
            Follow(VmLife.StepCompleted(_state, Policy, step.Number, Samples.Digest, look, _now));
        }

        Follow(VmLife.Seen(_state, Policy, Status(PowerState.Stopped, PowerReason.Crashed), _now));
        var replayed = events.Aggregate(new VmState(_id), (state, e) => state.Apply(e));
        Assert.Equal(_state with { Operations = replayed.Operations, RecentCrashes = replayed.RecentCrashes }, replayed);
        Assert.Equal(_state.RecentCrashes, replayed.RecentCrashes);
        Assert.Equal(_state.Operations, replayed.Operations);
    }

    private void BringUp()
    {
        Take(VmLife.Create(_state, Policy, Samples.Create(_id), true, _now));
        UpToStart();
        Complete(PowerState.Running, PowerReason.Booted);
    }

    private void UpToStart()
    {
        foreach (var step in new[] { VmStep.ResolveImage, VmStep.CreateDisk, VmStep.CreateSeed })
        {
            Assert.Equal(step, _state.Step?.Kind);
            Take(VmLife.StepCompleted(_state, Policy, _state.Step!.Number, step == VmStep.ResolveImage ? Samples.Digest : null, null, _now));
        }

        Assert.Equal(VmStep.Define, _state.Step?.Kind);
        Complete(PowerState.Stopped, PowerReason.Unspecified);
        Assert.Equal(VmStep.Start, _state.Step?.Kind);
    }

    private void Complete(PowerState power, PowerReason reason) => Complete(Status(power, reason));

    private void Complete(DomainStatus? status) => Take(VmLife.StepCompleted(_state, Policy, _state.Step!.Number, null, new(status), _now));

    private void See(PowerState power, PowerReason reason) => See(Status(power, reason));

    private void See(DomainStatus? status) => Take(VmLife.Seen(_state, Policy, status, _now));

    private DomainStatus Status(PowerState power, PowerReason reason) => new(_id.Value, _id.DomainName, power, reason);

    private VmOperation Operation(long number) => _state.Operations.Single(o => o.Number == number);

    private void Take(VmTurn turn)
    {
        Assert.Null(turn.Refusal);
        _state = turn.After;
    }
}
