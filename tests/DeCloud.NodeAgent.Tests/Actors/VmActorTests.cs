using Akka.Actor;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;

using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Actors;

public sealed class VmActorTests(ITestOutputHelper output) : NodeFixture(output)
{
    [Fact]
    public async Task A_vm_comes_up_and_its_operation_succeeds()
    {
        await Connected();
        var id = await Running();
        Assert.Equal(["define", "start"], Hypervisor.Calls);
        Assert.Equal("succeeded", (await Operation(id, 1)).Status);
        Assert.True(Disk.Files.ContainsKey($"disk:{id}") && Disk.Files.ContainsKey($"seed:{id}"));
    }

    [Fact]
    public async Task Operations_are_listed_the_latest_first_before_and_after_a_restart_until_their_vm_is_gone()
    {
        await Connected();
        var (first, second) = (await Running(), await Running());
        await Accepted(Samples.Change(first, VmChange.ForceStop, "stop"));
        await Until(() => Shown(first).Status.State == "stopped" && Operations.Read().All(o => o.Status == "succeeded"));
        var listed = Operations.Read();
        Assert.Equal(["create", "create", "stop"], listed.Select(o => o.Kind).Order());
        Assert.Equal(listed.OrderByDescending(o => o.AcceptedAt).Select(o => o.AcceptedAt), listed.Select(o => o.AcceptedAt));
        Assert.Equal(await Operation(first, 2), listed.Single(o => o.Kind == "stop"));

        await RestartNode();
        await Connected();
        Assert.Equal(listed, Operations.Read());

        await Accepted(Samples.Change(first, VmChange.Delete, "delete"));
        await Until(() => !Board.Current.ContainsKey(first));
        Assert.Equal([$"/api/vms/{second}"], Operations.Read().Select(o => o.Resource));
    }

    [Fact]
    public async Task Twenty_creates_under_one_key_make_one_vm()
    {
        await Connected();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Accepted(Samples.Create(VmId.New(), "same"))));
        Assert.Single(replies.Select(r => r.Vm.Id).Distinct());
        Assert.Single(replies.Select(r => r.Resource.Id).Distinct());
        Assert.Single(Board.Current);
    }

    [Fact]
    public async Task Creates_under_one_key_with_user_data_make_one_vm_too()
    {
        await Connected();
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Accepted(Samples.Create(VmId.New(), "same") with { UserData = "#!x"u8.ToArray() })));
        Assert.Single(replies.Select(r => r.Vm.Id).Distinct());
    }

    [Fact]
    public async Task A_vm_whose_end_is_stored_leaves_the_roster_even_when_that_was_not()
    {
        await Connected();
        var id = await Running();
        var journal = BreakableJournal.Of(Sys);
        journal.BreakOnceAt(typeof(RosterEvents.Removed));
        await Accepted(Samples.Change(id, VmChange.Delete, "delete"));
        await Until(() => !journal.IsSetToBreak);
        await RestartNode();
        await Connected();
        Assert.Equal(FailureCodes.VmDeleted, (await Refused(new VmQueries.Get(id))).Code);
    }

    [Fact]
    public async Task Of_two_creates_with_one_id_under_different_keys_one_is_accepted_and_its_user_data_kept()
    {
        await Connected();
        var id = VmId.New();
        Disk.HoldUserData = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = Ask(Samples.Create(id, "one") with { UserData = "first"u8.ToArray() });
        await Until(() => Disk.UserDataStores == 1);
        Assert.Equal(FailureCodes.VmExists, (await Refused(Samples.Create(id, "two") with { UserData = "second"u8.ToArray() })).Code);
        Disk.HoldUserData.SetResult();
        Assert.IsType<VmReply.Accepted>(await first);
        Assert.Equal(1, Disk.UserDataStores);
    }

    [Fact]
    public async Task The_key_of_a_create_is_remembered_after_a_restart_and_another_body_is_a_conflict()
    {
        await Connected();
        var first = await Accepted(Samples.Create(VmId.New(), "key"));
        await RestartNode();
        await Connected();
        Assert.Equal(first.Resource.Id, (await Accepted(Samples.Create(VmId.New(), "key"))).Resource.Id);
        Assert.Equal(FailureCodes.IdempotencyConflict, (await Refused(Samples.Create(VmId.New(), "key", "other body"))).Code);
    }

    [Fact]
    public async Task Without_a_hypervisor_a_create_is_refused_and_nothing_is_kept()
    {
        Hypervisor.IsAway = true;
        Hypervisor.Lose("gone");
        await Until(async () => !(await Node.Ask<Readiness>(new NodeQueries.GetReadiness(), Timeout.InfiniteTimeSpan)).Hypervisor);
        Assert.Equal(FailureCodes.HypervisorUnavailable, (await Refused(Samples.Create(VmId.New(), "key"))).Code);
        Assert.Empty(Board.Current);
    }

    [Fact]
    public async Task Without_kvm_or_leave_to_emulate_a_create_is_refused()
    {
        Hypervisor.Acceleration = Acceleration.None;
        await Connected();
        Assert.Equal(FailureCodes.NoAcceleration, (await Refused(Samples.Create(VmId.New()))).Code);
    }

    [Fact]
    public async Task The_id_of_a_foreign_domain_is_refused_and_the_domain_is_listed_and_left_alone()
    {
        var foreign = Guid.NewGuid();
        await Connected();
        Hypervisor.Plant(foreign, "somebody-elses", PowerState.Running);
        await Until(async () => (await Node.Ask<VmQueries.ForeignDomains>(new VmQueries.GetForeign(), Timeout.InfiniteTimeSpan)).Domains.Any(d => d.Id == foreign));
        Assert.Equal(FailureCodes.ForeignDomain, (await Refused(Samples.Create(new(foreign)))).Code);
        Assert.Equal(PowerState.Running, Hypervisor.StateOf(new(foreign)));
    }

    [Fact]
    public async Task A_lost_hypervisor_makes_every_vm_unknown_and_harms_none()
    {
        await Connected();
        var id = await Running();
        Hypervisor.IsAway = true;
        Hypervisor.Lose("daemon died");
        await Until(() => Shown(id).Status is { State: "unknown", Reason: "hypervisor-lost" });
        Hypervisor.IsAway = false;
        await Pass(TimeSpan.FromSeconds(3), () => Shown(id).Status.State == "running");
        Assert.Equal(["define", "start"], Hypervisor.Calls);
    }

    [Fact]
    public async Task What_happened_while_the_hypervisor_was_lost_is_seen_when_it_is_back()
    {
        await Connected();
        var id = await Running();
        Hypervisor.IsAway = true;
        Hypervisor.Lose("daemon died");
        await Until(() => Shown(id).Status.State == "unknown");
        Hypervisor.Happen(id, PowerState.Stopped, PowerReason.GuestShutdown);
        Hypervisor.IsAway = false;
        await Pass(TimeSpan.FromSeconds(3), () => Shown(id).Status is { State: "stopped", Reason: "guest-shutdown" });
        Assert.Equal(("stopped", "guest"), (Shown(id).Intent.State, Shown(id).Intent.By));
    }

    [Fact]
    public async Task A_node_that_was_killed_finds_its_vm_and_starts_what_was_wanted()
    {
        await Connected();
        var id = await Running();
        await RestartNode();
        await Connected();
        Assert.Equal("running", Shown(id).Status.State);
        Assert.Equal(["define", "start"], Hypervisor.Calls);

        Hypervisor.Happen(id, PowerState.Stopped, PowerReason.Unspecified);
        await Until(() => Hypervisor.StateOf(id) == PowerState.Running);
    }

    [Fact]
    public async Task Pauses_between_tries_double_and_the_view_says_when_the_next_comes()
    {
        await Connected();
        Hypervisor.Fail("start", 3);
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            await Until(() => Shown(id).Failure?.Attempt == attempt);
            var next = Shown(id).Failure!.NextTryAt!.Value;
            Assert.Equal(Policy.PauseAfter(id, attempt), next - Shown(id).Failure!.At);
            Clock.Advance(next - Clock.Now - TimeSpan.FromMilliseconds(1));
            Assert.Equal(attempt, Hypervisor.Calls.Count(c => c == "start"));
            Clock.Advance(TimeSpan.FromMilliseconds(2));
            await Until(() => Hypervisor.Calls.Count(c => c == "start") == attempt + 1);
        }

        await Until(() => Shown(id).Status.State == "running");
        Assert.Null(Shown(id).Failure);
    }

    [Fact]
    public async Task An_operation_is_given_up_while_it_waits_and_the_same_request_again_finds_that()
    {
        await Connected();
        Hypervisor.Fail("start", 1);
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        await Until(() => Shown(id).Failure?.Attempt == 1);
        var cancel = Samples.Change(id, VmChange.Stop, "cancel") with { GivesUp = 1 };

        var accepted = await Accepted(cancel);

        Assert.Equal("superseded", (await Operation(id, 1)).Status);
        Assert.Equal("stopped", Shown(id).Intent.State);
        Assert.Equal(accepted.Resource.Id, (await Accepted(cancel)).Resource.Id);
        Clock.Advance(TimeSpan.FromHours(1));
        await Until(() => Shown(id) is { Step: null, Failure: null });
        Assert.Single(Hypervisor.Calls, "start");
    }

    [Fact]
    public async Task An_operation_that_has_ended_is_not_given_up_and_what_came_of_it_runs_on()
    {
        await Connected();
        var id = await Running();

        Assert.Equal(FailureCodes.OperationNotCancellable, (await Refused(Samples.Change(id, VmChange.Stop, "late") with { GivesUp = 1 })).Code);
        Assert.Equal(FailureCodes.OperationNotFound, (await Refused(Samples.Change(id, VmChange.Stop, "none") with { GivesUp = 7 })).Code);

        Assert.Equal(("running", PowerState.Running), (Shown(id).Intent.State, Hypervisor.StateOf(id)));
    }

    [Fact]
    public async Task A_back_off_survives_a_restart_and_a_request_ends_it_at_once()
    {
        await Connected();
        Hypervisor.Fail("start", 1);
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        await Until(() => Shown(id).Failure is not null);
        var failure = Shown(id).Failure;
        await RestartNode();
        await Connected();
        Assert.Equal(failure, Shown(id).Failure);
        await Accepted(Samples.Change(id, VmChange.Start, "again"));
        await Until(() => Shown(id).Status.State == "running");
    }

    [Fact]
    public async Task A_guest_that_does_not_listen_is_cut_off_after_the_grace()
    {
        await Connected();
        Hypervisor.GuestsObey = false;
        var id = await Running();
        await Accepted(Samples.Change(id, VmChange.Stop, "stop"));
        await Until(() => Hypervisor.Calls.Contains("shutdown") && Shown(id).Step is null);
        await Pass(Policy.StopGrace - TimeSpan.FromSeconds(1), () => Hypervisor.Calls.Count(c => c == "shutdown") >= 5);
        Assert.DoesNotContain("destroy", Hypervisor.Calls);
        await Pass(TimeSpan.FromSeconds(25), () => Shown(id).Status.State == "stopped");
        Assert.Contains("destroy", Hypervisor.Calls);
    }

    [Fact]
    public async Task Force_stop_overtakes_a_start_that_hangs()
    {
        await Connected();
        var hold = Hypervisor.Hold("start");
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        await Until(() => Hypervisor.Calls.Contains("start"));
        Hypervisor.Happen(id, PowerState.Running, PowerReason.Booted);
        await Until(() => Shown(id).Status.State == "running");
        await Accepted(Samples.Change(id, VmChange.ForceStop, "force"));
        await Until(() => Hypervisor.StateOf(id) == PowerState.Stopped);
        hold.SetResult();
        await Until(() => Shown(id) is { Status.State: "stopped", Step: null });
        Assert.Equal("stopped", Shown(id).Intent.State);
    }

    [Fact]
    public async Task A_delete_that_overtakes_a_start_meets_a_domain_that_runs_and_removes_it_without_a_pause()
    {
        await Connected();
        Hypervisor.HeedsCancelling = false;
        var hold = Hypervisor.Hold("start");
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        await Until(() => Hypervisor.Calls.Contains("start"));
        await Accepted(Samples.Change(id, VmChange.Delete, "delete"));
        hold.SetResult();
        await Until(() => !Board.Current.ContainsKey(id));
        Assert.Equal(PowerState.Absent, Hypervisor.StateOf(id));
    }

    [Fact]
    public async Task Questions_are_answered_while_a_step_runs_and_waiting_for_an_operation_ends_with_it()
    {
        await Connected();
        var hold = Hypervisor.Hold("start");
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        await Until(() => Hypervisor.Calls.Contains("start"));
        Assert.Equal("start", (await Operation(id, 1)).Stage);
        var waiting = Ask(new VmQueries.GetOperation(id, 1, TimeSpan.FromSeconds(30)));
        Assert.False(waiting.IsCompleted);
        hold.SetResult();
        Assert.Equal("succeeded", Assert.IsType<VmReply.Operation>(await waiting).Resource.Status);
    }

    [Fact]
    public async Task A_wait_that_is_over_answers_with_what_is()
    {
        await Connected();
        Hypervisor.Hold("start");
        var id = VmId.New();
        await Accepted(Samples.Create(id));
        await Until(() => Hypervisor.Calls.Contains("start"));
        var waiting = Ask(new VmQueries.GetOperation(id, 1, TimeSpan.FromSeconds(30)));
        await Ask(new VmQueries.Get(id));
        Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("running", Assert.IsType<VmReply.Operation>(await waiting).Resource.Status);
    }

    [Fact]
    public async Task Deleting_removes_all_and_leaves_a_tombstone_with_its_operation()
    {
        await Connected();
        var id = await Running();
        var accepted = await Accepted(Samples.Change(id, VmChange.Delete, "delete"));
        await Until(() => !Board.Current.ContainsKey(id));
        Assert.Equal(PowerState.Absent, Hypervisor.StateOf(id));
        Assert.Empty(Disk.Files);
        await Until(async () => (await Refused(new VmQueries.Get(id))).Code == FailureCodes.VmDeleted);
        await RestartNode();
        await Connected();
        Assert.Equal(accepted.Resource.Id, (await Accepted(Samples.Change(id, VmChange.Delete, "delete"))).Resource.Id);
        Assert.Equal("succeeded", (await Operation(id, 2)).Status);
        Assert.Equal(FailureCodes.VmExists, (await Refused(Samples.Create(id, "another"))).Code);
    }

    [Fact]
    public async Task A_request_that_cannot_be_stored_is_refused_and_nothing_happens_and_the_vm_comes_back_by_itself()
    {
        await Connected();
        var id = await Running();
        BreakableJournal.Of(Sys).IsBroken = true;
        Assert.Equal(FailureCodes.JournalUnavailable, (await Refused(Samples.Change(id, VmChange.ForceStop, "f"))).Code);
        Assert.Equal(PowerState.Running, Hypervisor.StateOf(id));
        Assert.Equal(FailureCodes.JournalUnavailable, (await Refused(Samples.Create(VmId.New(), "n"))).Code);
        BreakableJournal.Of(Sys).IsBroken = false;
        await AnswersAgain(new VmQueries.Get(id), reply => reply is VmReply.Found { Vm.Status.State: "running" });
        await Accepted(Samples.Change(id, VmChange.ForceStop, "f"));
        await Until(() => Hypervisor.StateOf(id) == PowerState.Stopped);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_create_that_the_roster_cannot_store_is_refused_leaves_no_trace_and_comes_true_when_it_is_sent_again(bool hasUserData, bool isRejected)
    {
        await Connected();
        var journal = BreakableJournal.Of(Sys);
        var create = Samples.Create(VmId.New(), "again") with { UserData = hasUserData ? "#cloud-config"u8.ToArray() : null };
        journal.BreakOnceAt(typeof(RosterEvents.Admitted), isRejected);

        Assert.Equal(FailureCodes.JournalUnavailable, (await Refused(create)).Code);
        await AnswersAgain(new VmQueries.Get(create.VmId), reply => reply is VmReply.Refused { Failure.Code: FailureCodes.VmNotFound });
        Assert.DoesNotContain(journal.Written, w => w.PersistenceId == $"vm-{create.VmId}");

        await AnswersAgain(create, reply => reply is VmReply.Accepted);
        await Until(() => Board.Current.TryGetValue(create.VmId, out var vm) && vm.Status.State == "running");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_a_vm_cannot_store_is_refused(bool isRejected)
    {
        await Connected();
        var id = await Running();
        var journal = BreakableJournal.Of(Sys);
        journal.BreakOnceAt(typeof(VmEvents.OperationAccepted), isRejected);
        Assert.Equal(FailureCodes.JournalUnavailable, (await Refused(Samples.Change(id, VmChange.ForceStop, "stop"))).Code);
        await AnswersAgain(Samples.Change(id, VmChange.ForceStop, "stop"), reply => reply is VmReply.Accepted);

        journal.BreakOnceAt(typeof(VmEvents.Created), isRejected);
        var create = Samples.Create(VmId.New(), "create");
        Assert.Equal(FailureCodes.JournalUnavailable, (await Refused(create)).Code);
        await AnswersAgain(create, reply => reply is VmReply.Accepted);
    }

    [Fact]
    public async Task A_panic_of_the_guest_is_told_from_a_death_of_qemu()
    {
        await Connected();
        var panicked = await Running();
        var killed = await Running();
        Hypervisor.Panic(panicked);
        Hypervisor.Happen(killed, PowerState.Stopped, PowerReason.Crashed);
        await Until(() => Shown(panicked).Crashes == 1 && Shown(killed).Crashes == 1);
        Assert.Equal(("guest-panicked", "crashed"), (Shown(panicked).Status.Reason, Shown(killed).Status.Reason));
    }

    [Fact]
    public async Task A_change_that_no_event_told_is_found_by_the_sweep()
    {
        await Connected();
        var id = await Running();
        using (Hypervisor.Silence())
        {
            Hypervisor.Happen(id, PowerState.Stopped, PowerReason.GuestShutdown);
        }

        await Pass(TimeSpan.FromSeconds(31), () => Shown(id).Status.State == "stopped");
    }
}
