using System.Diagnostics;
using System.Text;
using Akka.Actor;
using DeCloud.NodeAgent.Actors.Orchestration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Orchestration;
using DeCloud.NodeAgent.Tests.Telemetry;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Actors;

/// <summary>The node and its orchestrator in virtual time.</summary>
public sealed class HeartbeatTests(ITestOutputHelper output) : NodeFixture(output)
{
    private readonly ScriptedOrchestrator _peer = new();
    private readonly MemoryVault _vault = new();
    private Terms? _accepted = PeerSamples.Terms;

    protected override OrchestratorParts? Orchestrator => new(
        PeerSamples.Settings with { AcceptedTerms = _accepted }, _peer, new AnyProof(), _vault, new SteadyReport(), PeerSamples.Inventory, null, () => 0.5);

    [Fact]
    public async Task A_node_registers_is_evaluated_reports_and_logs_in()
    {
        await LoggedIn();
        Assert.Equal(["terms", "register", "evaluate", "beat"], _peer.Steps.Where(s => s is not ("poll" or "login")).Take(4));
        Assert.Equal("key-1", _vault.Key);
        var beat = _peer.Beats.First();
        Assert.Equal((12.3, 50, 1.5, 0.75, 4), (beat.Metrics.CpuUsagePercent, beat.Metrics.MemoryUsagePercent, beat.Metrics.NetworkInMbps, beat.Metrics.LoadAverage, beat.SchedulingConfigVersion));
        var before = _peer.Beats.Count;
        await Let(TimeSpan.FromMinutes(5));
        Assert.InRange(_peer.Beats.Count - before, 17, 22);
    }

    [Fact]
    public async Task A_restarted_node_goes_on_under_its_key_and_does_not_register_again()
    {
        await LoggedIn();
        await RestartNode();
        await LoggedIn();
        Assert.Equal(1, _peer.Registrations);
    }

    [Fact]
    public async Task A_command_makes_a_vm_and_its_result_is_told_when_it_runs()
    {
        await LoggedIn();
        var hold = Hypervisor.Hold("start");
        _peer.InAnswers.Enqueue(Command(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"Password\":\"canary\"")));
        await Pass(TimeSpan.FromSeconds(40), () => Board.Current.ContainsKey(new(PeerSamples.Vm)));
        await Let(TimeSpan.FromMinutes(2));
        Assert.Empty(_peer.Acks);
        Assert.Equal("Provisioning", Assert.Single(_peer.Beats.Last().ActiveVms).State);
        hold.SetResult();
        await Pass(TimeSpan.FromSeconds(5), () => !_peer.Acks.IsEmpty);
        Assert.Equal(("command-1", true), (_peer.Acks.Single().CommandId, _peer.Acks.Single().Success));
        await Pass(TimeSpan.FromSeconds(40), () => _peer.Beats.Last().ActiveVms is [{ State: "Running", OwnerId: "owner-1", QualityTier: 1, ComputePointCost: 7, Name: "Web 1" }]);
        Assert.Empty(_vault.Payloads);
    }

    [Fact]
    public async Task A_command_and_its_operation_are_one_trace_with_what_the_orchestrator_does_them_for()
    {
        using var traces = new FollowedTrace();
        await LoggedIn();
        _peer.InAnswers.Enqueue(Command(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm)) with { TraceParent = traces.TraceParent });
        await Pass(TimeSpan.FromSeconds(40), () => traces.Ended.Any(s => s.DisplayName == "vm create"));
        var command = traces.Ended.Single(s => s.DisplayName == "command CreateVm");
        Assert.Equal(traces.Caller.SpanId, command.ParentSpanId);
        Assert.Equal(command.SpanId, traces.Ended.Single(s => s.DisplayName == "vm create").ParentSpanId);
    }

    [Fact]
    public async Task A_command_that_comes_again_and_again_takes_effect_once_and_is_told_again()
    {
        await OwnVm();
        var stop = Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "stop");
        for (var i = 0; i < 3; i++)
        {
            _peer.InAnswers.Enqueue(stop);
            _peer.Queue.Enqueue(stop);
            _peer.Queue.Enqueue(stop);
            await Pass(TimeSpan.FromSeconds(40), () => _peer.InAnswers.IsEmpty && _peer.Queue.IsEmpty && _peer.Acks.Count(a => a.CommandId == "stop") > i);
        }

        Assert.Single(Hypervisor.Calls, c => c == "shutdown");
        Assert.All(_peer.Acks.Where(a => a.CommandId == "stop"), a => Assert.True(a.Success));
        Assert.Single(_peer.Acks.Where(a => a.CommandId == "stop").Select(a => a.CompletedAt).Distinct());
    }

    [Fact]
    public async Task Hours_without_the_orchestrator_cost_little_and_every_result_is_told_afterwards()
    {
        await OwnVm();
        var hold = Hypervisor.Hold("shutdown");
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "stop"));
        await Pass(TimeSpan.FromSeconds(40), () => Hypervisor.Calls.Contains("shutdown"));
        _peer.IsAway = true;
        hold.SetResult();
        await Let(TimeSpan.FromMinutes(5));
        await RestartNode();
        var calls = _peer.Calls;
        await Let(TimeSpan.FromHours(3));
        // Chance is one half here: a pause of 30 s.
        Assert.InRange(_peer.Calls - calls, 180, 400);
        Assert.DoesNotContain(_peer.Acks, a => a.CommandId == "stop");
        Assert.Equal("unreachable", (await Status()).State);
        _peer.IsAway = false;
        await Pass(TimeSpan.FromMinutes(2), () => _peer.Acks.Any(a => a.CommandId == "stop"));
        await Pass(TimeSpan.FromMinutes(1), () => Status().Result is { Outbox: 0, CommandsOpen: 0 });
        Assert.True(_peer.Acks.Single(a => a.CommandId == "stop").Success);
        Assert.Equal(1, _peer.Registrations);
    }

    [Theory]
    [InlineData(typeof(OrchestrationEvents.CommandReceived))]
    [InlineData(typeof(OrchestrationEvents.CommandStarted))]
    [InlineData(typeof(OrchestrationEvents.CommandFinished))]
    [InlineData(typeof(OrchestrationEvents.ResultDelivered))]
    public async Task A_fall_at_any_step_of_a_command_changes_nothing_of_its_outcome(Type @event)
    {
        await LoggedIn();
        var journal = BreakableJournal.Of(Sys);
        journal.BreakOnceAt(@event);
        var create = Command(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm));
        _peer.Queue.Enqueue(create);
        await Pass(TimeSpan.FromMinutes(1), () => !journal.IsSetToBreak);
        if (@event == typeof(OrchestrationEvents.CommandReceived))
        {
            // What could not be stored is lost, as the orchestrator knows it may be, and given again.
            _peer.Queue.Enqueue(create);
        }

        await Pass(TimeSpan.FromMinutes(2), () => !_peer.Acks.IsEmpty && Status().Result is { Outbox: 0, CommandsOpen: 0 });
        Assert.All(_peer.Acks, a => Assert.True(a.Success, a.ErrorMessage));
        Assert.Equal(["define", "start"], Hypervisor.Calls);
        Assert.Single(Board.Current);
    }

    [Theory]
    [InlineData("define")]
    [InlineData("start")]
    public async Task A_node_that_ends_while_a_command_is_carried_out_tells_its_result_in_its_next_life(string call)
    {
        await LoggedIn();
        var hold = Hypervisor.Hold(call);
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm)));
        await Pass(TimeSpan.FromMinutes(1), () => Hypervisor.Calls.Contains(call));
        await RestartNode();
        hold.SetResult();
        await Pass(TimeSpan.FromMinutes(2), () => !_peer.Acks.IsEmpty);
        Assert.True(_peer.Acks.Single().Success);
        Assert.Equal("running", Shown(new(PeerSamples.Vm)).Status.State);
    }

    [Fact]
    public async Task A_result_whose_telling_was_not_answered_is_told_again_in_the_next_life_too()
    {
        await OwnVm();
        _peer.LosesAckAnswers = true;
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "stop"));
        await Pass(TimeSpan.FromMinutes(2), () => _peer.Acks.Count(a => a.CommandId == "stop") > 2);
        _peer.HangsAcks = true;
        await RestartNode();
        await LoggedIn();
        var before = _peer.Acks.Count;
        (_peer.HangsAcks, _peer.LosesAckAnswers) = (false, false);
        await RestartNode();
        await Pass(TimeSpan.FromMinutes(2), () => _peer.Acks.Count > before && Status().Result.Outbox == 0);
        Assert.Single(Hypervisor.Calls, c => c == "shutdown");
    }

    [Fact]
    public async Task Commands_that_come_out_of_order_do_what_was_wanted_last()
    {
        await OwnVm();
        var given = Clock.Now;
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.StartVm, PeerSamples.About(PeerSamples.Vm), "second", given.AddSeconds(2)));
        await Pass(TimeSpan.FromSeconds(40), () => _peer.Acks.Any(a => a.CommandId == "second"));
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "first", given.AddSeconds(1)));
        await Pass(TimeSpan.FromSeconds(40), () => _peer.Acks.Any(a => a.CommandId == "first"));
        Assert.False(_peer.Acks.Single(a => a.CommandId == "first").Success);
        Assert.DoesNotContain("shutdown", Hypervisor.Calls);
    }

    [Fact]
    public async Task A_local_vm_is_neither_reported_nor_touched_by_commands_or_disownings()
    {
        await LoggedIn();
        await Connected();
        var local = await Running();
        var foreign = Guid.NewGuid();
        Hypervisor.Plant(foreign, "somebody-elses", PowerState.Running);
        _peer.Invalid = [local.Value, foreign, Guid.NewGuid()];
        foreach (var (type, id) in new[] { (OrchestratorCommandType.StopVm, local.Value), (OrchestratorCommandType.DeleteVm, local.Value), (OrchestratorCommandType.DeleteVm, foreign) })
        {
            _peer.Queue.Enqueue(Command(type, PeerSamples.About(id), $"{type}-{id}"));
        }

        await Pass(TimeSpan.FromMinutes(1), () => _peer.Acks.Count == 3);
        await Let(TimeSpan.FromMinutes(5));
        Assert.All(_peer.Acks, a => Assert.False(a.Success));
        Assert.Contains("NOT_FOUND", _peer.Acks.Single(a => a.CommandId == $"DeleteVm-{foreign}").ErrorMessage, StringComparison.Ordinal);
        Assert.All(_peer.Beats, b => Assert.Empty(b.ActiveVms));
        Assert.Equal(("running", PowerState.Running), (Shown(local).Status.State, Hypervisor.StateOf(new(foreign))));
        Assert.Empty((await Status()).QuarantinedVms);
    }

    [Fact]
    public async Task An_own_vm_is_stopped_and_kept_after_the_third_disowning_and_runs_again_when_it_is_wanted()
    {
        await OwnVm();
        _peer.Invalid = [PeerSamples.Vm];
        var beats = _peer.Beats.Count;
        await Pass(TimeSpan.FromMinutes(2), () => _peer.Beats.Count >= beats + 2);
        Assert.DoesNotContain("shutdown", Hypervisor.Calls);
        await Pass(TimeSpan.FromMinutes(2), () => Shown(new(PeerSamples.Vm)).Status.State == "stopped");
        Assert.Equal([PeerSamples.Vm], (await Status()).QuarantinedVms);
        await Let(TimeSpan.FromMinutes(3));
        Assert.Single(Hypervisor.Calls, c => c == "shutdown");
        Assert.True(Disk.Files.ContainsKey($"disk:{PeerSamples.Vm}"));
        _peer.Invalid = null;
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.StartVm, PeerSamples.About(PeerSamples.Vm), "start"));
        await Pass(TimeSpan.FromMinutes(1), () => Shown(new(PeerSamples.Vm)).Status.State == "running");
        Assert.Empty((await Status()).QuarantinedVms);
    }

    [Fact]
    public async Task Refused_credentials_lead_to_a_registration_and_a_broken_line_to_none()
    {
        await LoggedIn();
        _peer.IsAway = true;
        await Let(TimeSpan.FromMinutes(10));
        _peer.IsAway = false;
        await Pass(TimeSpan.FromMinutes(2), () => Status().Result.State == "logged-in");
        Assert.Equal(1, _peer.Registrations);
        _peer.Rejects = 1;
        await Pass(TimeSpan.FromMinutes(1), () => _peer.Registrations == 2);
        await Pass(TimeSpan.FromMinutes(1), () => Status().Result.State == "logged-in");
        _peer.Rejects = 1_000_000;
        var before = _peer.Registrations;
        await Let(TimeSpan.FromMinutes(30));
        Assert.InRange(_peer.Registrations - before, 10, 80);
    }

    [Fact]
    public async Task Terms_that_nobody_accepted_are_told_with_their_hash_and_nothing_is_registered()
    {
        _peer.Terms = new("9.9", new string('c', 64));
        await Pass(TimeSpan.FromMinutes(2), () => Status().Result.Reason?.Contains("9.9", StringComparison.Ordinal) == true);
        var reason = (await Status()).Reason!;
        Assert.Contains("9.9", reason, StringComparison.Ordinal);
        Assert.Contains(new string('c', 64), reason, StringComparison.Ordinal);
        Assert.Contains("Orchestrator:AcceptTermsHash", reason, StringComparison.Ordinal);
        Assert.Equal(0, _peer.Registrations);
        _peer.Terms = PeerSamples.Terms;
        await LoggedIn();
    }

    [Fact]
    public async Task A_forged_push_changes_nothing_but_makes_the_node_ask()
    {
        await OwnVm();
        var body = Encoding.UTF8.GetBytes($$"""{"commandId":"forged","type":3,"payload":"{\"VmId\":\"{{PeerSamples.Vm}}\"}"}""");
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "real"));
        var refused = Assert.IsType<OrchestratorReply.Refused>(await Push(body, "1", "v1=00"));
        Assert.Equal(FailureCodes.CommandNotProven, refused.Failure.Code);
        await Until(() => _peer.Queue.IsEmpty);
        await Pass(TimeSpan.FromSeconds(2), () => _peer.Acks.Any(a => a.CommandId == "real"));
        var polls = _peer.Steps.Count(s => s == "poll");
        for (var i = 0; i < 200; i++)
        {
            await Push(body, null, null);
        }

        Assert.Equal(FailureCodes.TooManyPushes, Assert.IsType<OrchestratorReply.Refused>(await Push(body, null, null)).Failure.Code);
        await Let(TimeSpan.FromMinutes(1));
        Assert.InRange(_peer.Steps.Count(s => s == "poll") - polls, 1, 60);
        Assert.DoesNotContain(_peer.Acks, a => a.CommandId == "forged");
        Assert.Equal("stopped", Shown(new(PeerSamples.Vm)).Status.State);
    }

    [Fact]
    public async Task A_signed_push_is_stored_before_it_is_answered_and_carried_out_once()
    {
        await OwnVm();
        var body = Encoding.UTF8.GetBytes($$"""{"commandId":"pushed","type":"StopVm","payload":"{\"VmId\":\"{{PeerSamples.Vm}}\"}"}""");
        var seconds = Clock.Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(new OrchestratorReply.Taken("pushed"), await Push(body, seconds, PushProof.Sign(_vault.Key!, seconds, body)));
        }

        await Pass(TimeSpan.FromSeconds(5), () => _peer.Acks.Any(a => a is { CommandId: "pushed", Success: true }));
        Assert.Single(Hypervisor.Calls, c => c == "shutdown");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_signed_push_is_a_part_of_its_requests_trace_unless_it_names_another(bool namesAnother)
    {
        using var traces = new FollowedTrace();
        await OwnVm();
        var named = namesAnother ? $",\"traceParent\":\"{traces.TraceParent}\"" : "";
        var request = namesAnother ? new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded) : traces.Caller;
        var body = Encoding.UTF8.GetBytes($$"""{"commandId":"pushed","type":"StopVm","payload":"{\"VmId\":\"{{PeerSamples.Vm}}\"}"{{named}}}""");
        var seconds = Clock.Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        await Ask<OrchestratorReply>(new OrchestratorCommands.Pushed(body, seconds, PushProof.Sign(_vault.Key!, seconds, body)) { Trace = request });

        await Pass(TimeSpan.FromSeconds(40), () => traces.Ended.Any(s => s.DisplayName == "vm stop"));
        Assert.Equal(traces.Caller.SpanId, traces.Ended.Single(s => s.DisplayName == "command StopVm").ParentSpanId);
    }

    [Fact]
    public async Task An_unsigned_push_is_taken_when_the_orchestrator_gives_the_same_command_while_it_waits()
    {
        await OwnVm();
        var stop = Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "pushed");
        _peer.Queue.Enqueue(stop);
        Assert.Equal(new OrchestratorReply.Taken("pushed"), await Push(BodyOf(stop), null, null));
        await Pass(TimeSpan.FromSeconds(5), () => _peer.Acks.Any(a => a is { CommandId: "pushed", Success: true }));

        // It is the orchestrator's for good, whoever sends it; what else is sent under its id is not.
        Assert.Equal(new OrchestratorReply.Taken("pushed"), await Push(BodyOf(stop), null, null));
        Assert.Equal(FailureCodes.CommandNotProven, CodeOf(await Push(BodyOf(stop with { Type = OrchestratorCommandType.DeleteVm }), null, null)));
        Assert.Single(Hypervisor.Calls, c => c == "shutdown");
    }

    [Fact]
    public async Task A_push_under_the_id_of_a_command_with_other_content_is_refused_and_the_command_carried_out()
    {
        await OwnVm();
        var real = Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "real");
        _peer.Queue.Enqueue(real);
        Assert.Equal(FailureCodes.CommandNotProven, CodeOf(await Push(BodyOf(real with { Type = OrchestratorCommandType.DeleteVm }), null, null)));
        await Pass(TimeSpan.FromSeconds(5), () => _peer.Acks.Any(a => a is { CommandId: "real", Success: true }));
        Assert.Equal("stopped", Shown(new(PeerSamples.Vm)).Status.State);
    }

    [Fact]
    public async Task A_push_is_not_kept_waiting_by_an_orchestrator_that_does_not_answer()
    {
        await OwnVm();
        await Until(async () => await Status() is { Outbox: 0, CommandsOpen: 0 });
        _peer.HangsPolls = true;
        var push = Push(BodyOf(Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "pushed")), null, null);
        await Pass(TimeSpan.FromSeconds(2), () => push.IsCompleted);
        Assert.Equal(FailureCodes.CommandNotProven, CodeOf(await push));
        Assert.Equal("running", Shown(new(PeerSamples.Vm)).Status.State);
    }

    [Fact]
    public async Task A_wish_to_be_offered_no_longer_outlives_the_node()
    {
        await LoggedIn();
        Assert.False((await Ask<OrchestratorReply.Status>(new OrchestratorCommands.Login(false))).Resource.LoginWished);
        await Pass(TimeSpan.FromSeconds(5), () => _peer.Steps.Contains("logout"));
        await RestartNode();
        await Pass(TimeSpan.FromMinutes(1), () => _peer.Steps.Count(s => s == "logout") == 2);
        Assert.Equal(1, _peer.Steps.Count(s => s == "login"));
    }

    [Fact]
    public async Task A_late_command_is_refused_and_a_vm_that_is_gone_counts_as_deleted()
    {
        await OwnVm();
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.DeleteVm, PeerSamples.About(PeerSamples.Vm), "late", Clock.Now.AddMinutes(-6)));
        await Pass(TimeSpan.FromMinutes(1), () => _peer.Acks.Any(a => a is { CommandId: "late", Success: false }));
        Assert.Equal("running", Shown(new(PeerSamples.Vm)).Status.State);
        foreach (var id in new[] { "delete", "delete-again" })
        {
            _peer.Queue.Enqueue(Command(OrchestratorCommandType.DeleteVm, PeerSamples.About(PeerSamples.Vm), id));
            await Pass(TimeSpan.FromMinutes(1), () => _peer.Acks.Any(a => a.CommandId == id && a.Success));
        }

        Assert.Empty(Board.Current);
    }

    private PeerCommand Command(OrchestratorCommandType type, string payload, string id = "command-1", DateTimeOffset? queuedAt = null) =>
        PeerSamples.Command(type, payload, id, queuedAt ?? Clock.Now);

    private async Task LoggedIn()
    {
        await Connected();
        await Pass(TimeSpan.FromMinutes(3), () => Status().Result.State == "logged-in");
    }

    private async Task OwnVm()
    {
        await LoggedIn();
        _peer.Queue.Enqueue(Command(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm)));
        await Pass(TimeSpan.FromMinutes(1), () => !_peer.Acks.IsEmpty);
        Assert.True(_peer.Acks.Single().Success, _peer.Acks.Single().ErrorMessage);
    }

    private static byte[] BodyOf(PeerCommand command) => Encoding.UTF8.GetBytes(
        $$"""{"commandId":"{{command.Id}}","type":{{(int)command.Type!}},"payload":"{{System.Text.Json.JsonEncodedText.Encode(command.Payload)}}"}""");

    private static string CodeOf(OrchestratorReply reply) => Assert.IsType<OrchestratorReply.Refused>(reply).Failure.Code;

    private Task<OrchestratorReply> Push(byte[] body, string? timestamp, string? signature) => Ask<OrchestratorReply>(new OrchestratorCommands.Pushed(body, timestamp, signature));

    private async Task<OrchestratorResource> Status() =>
        await Ask<OrchestratorReply>(new OrchestratorQueries.Get()) is OrchestratorReply.Status(var resource) ? resource : new()
        {
            State = "restarting", LoginWished = true, Failures = 0, CommandsReceived = 0, CommandsOpen = 99, Outbox = 99, ResultsTold = 0, QuarantinedVms = [],
        };

    private Task<T> Ask<T>(object message) => Node.Ask<T>(message, Timeout.InfiniteTimeSpan).WaitAsync(Wait);

    /// <summary>Lets virtual time pass in steps of a few seconds, each with a moment for what it sets off.</summary>
    private async Task Let(TimeSpan time)
    {
        var step = TimeSpan.FromSeconds(5);
        for (var passed = TimeSpan.Zero; passed < time; passed += step)
        {
            Clock.Advance(step);
            await Task.Delay(4);
        }
    }
}
