using System.Collections.Concurrent;
using System.Diagnostics;
using Akka.Actor;
using DeCloud.NodeAgent.Actors.Edge;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Actors;
using DeCloud.NodeAgent.Tests.Overlay;
using DeCloud.NodeAgent.Tests.Telemetry;
using Xunit.Abstractions;
using VmEvent = DeCloud.NodeAgent.Contracts.Remote.VmEvent;

namespace DeCloud.NodeAgent.Tests.Remote;

/// <summary>The protocol as an orchestrator sees it, in virtual time, with the whole node behind the gateway and a wire that loses, doubles and swaps what it is told to.</summary>
public sealed class GatewayTests : NodeFixture
{
    private readonly ConcurrentQueue<IRemoteMessage> _heard = new();
    private readonly IActorRef _peer;
    private IActorRef _gateway;

    public GatewayTests(ITestOutputHelper output)
        : base(output)
    {
        _peer = Sys.ActorOf(Props.Create(() => new Listener(_heard)));
        _gateway = StartGateway();
    }

    [Fact]
    public async Task A_vm_lives_by_commands_and_every_result_comes_with_the_id_of_its_command()
    {
        var session = await Attached();
        var vm = Guid.NewGuid();
        await Accepted(Create(session, "c-1", vm));
        await Ended("c-1", "succeeded");
        await Accepted(new StopVm(session, "c-2", null, vm, true));
        await Ended("c-2", "succeeded");
        await Accepted(new DeleteVm(session, "c-3", null, vm));
        await Ended("c-3", "succeeded");

        Assert.DoesNotContain(new VmId(vm), Board.Current.Keys);
        Assert.Equal(Enumerable.Range(1, Events(session).Count).Select(i => (long)i), Events(session).Select(e => e.Number));
    }

    [Fact]
    public async Task An_orchestrator_of_a_lower_epoch_is_refused_also_after_a_restart_and_one_of_a_higher_takes_over()
    {
        var first = await Attached(epoch: 5);
        Assert.Equal((RefusalCodes.Epoch, 5L), CodeOf(await Refusal(Attach(Guid.NewGuid(), epoch: 4))));
        Assert.Equal((RefusalCodes.Epoch, 5L), CodeOf(await Refusal(Attach(Guid.NewGuid(), "other", epoch: 5))));
        await RestartNode();
        await Connected();
        _gateway.Tell(PoisonPill.Instance);
        _gateway = StartGateway();
        Assert.Equal((RefusalCodes.Epoch, 5L), CodeOf(await Refusal(Attach(Guid.NewGuid(), epoch: 4))));

        var second = await Attached("other", epoch: 6);
        Assert.Equal(RefusalCodes.NotAttached, (await Answer(new StartVm(first, "late", null, Guid.NewGuid())) as CommandRefused)!.Code);
        Assert.Equal("vm-not-found", (await Answer(new StartVm(second, "good", null, Guid.NewGuid())) as CommandRefused)!.Code);
    }

    [Theory]
    [InlineData("version-unsupported")]
    [InlineData("wrong-node")]
    [InlineData("orchestrator-unknown")]
    [InlineData("invalid-request")]
    public async Task An_attach_that_is_not_right_is_refused_with_its_reason(string code)
    {
        var attach = Attach(Guid.NewGuid());
        var wrong = code switch
        {
            "version-unsupported" => attach with { OldestVersion = 2, NewestVersion = 3 },
            "wrong-node" => attach with { Node = "node-2" },
            "orchestrator-unknown" => attach with { Orchestrator = "stranger" },
            _ => attach with { Window = 0 },
        };
        var refused = await Refusal(wrong);

        Assert.Equal((code, 1, 1), (refused.Code, refused.OldestVersion, refused.NewestVersion));
    }

    [Fact]
    public async Task A_message_that_is_not_understood_is_refused_and_the_session_goes_on()
    {
        var session = await Attached();
        _gateway.Tell(new Unintelligible("start-vm.2", "the manifest is not known"), _peer);
        await Until(() => _heard.OfType<Refused>().Any(r => r.Code == RefusalCodes.Unintelligible && r.Message.Contains("start-vm.2", StringComparison.Ordinal)));

        await Accepted(Create(session, "c-1", Guid.NewGuid()));
    }

    [Fact]
    public async Task A_command_after_its_deadline_by_the_orchestrators_clock_is_not_carried_out_but_one_that_was_accepted_is_told()
    {
        // The orchestrator's clock is a day behind.
        var theirs = Now.AddDays(-1);
        var session = await Attached(sentAt: theirs);
        var vm = Guid.NewGuid();
        var create = Create(session, "c-1", vm) with { Deadline = theirs.AddSeconds(10) };
        await Accepted(create);
        Clock.Advance(TimeSpan.FromSeconds(12));

        Assert.Equal(RefusalCodes.DeadlinePassed, (await Answer(new StopVm(session, "c-2", theirs.AddSeconds(10), vm)) as CommandRefused)!.Code);
        await Accepted(create);
        Assert.Single(Asked("remote:c-1"));
        Assert.Empty(Asked("remote:c-2"));
    }

    protected override OverlaySettings OverlaySettings => OverlaySamples.Settings;

    [Fact]
    public async Task Peers_are_changed_all_or_none_once_for_a_command_and_as_it_was_asked_also_after_its_deadline()
    {
        var session = await Attached();
        var (a, b) = (OverlaySamples.Key(1).Text, OverlaySamples.Key(2).Text);
        var first = new ReconcilePeers(session, "p-1", Now.AddSeconds(10), [new(a, "192.0.2.1:51820", ["10.80.1.0/24"], 25), new(b, null, ["10.80.2.0/24"])]);
        await Accepted(first);
        Assert.Equal([a, b], (await Peers()).Select(p => p.PublicKey).Order(StringComparer.Ordinal));

        // What one had can be the other's in the same command.
        await Accepted(new ReconcilePeers(session, "p-2", null, [new(b, null, ["10.80.1.0/24"])], [a]));
        Assert.Equal(["10.80.1.0/24"], Assert.Single(await Peers()).AllowedIps);

        var twice = new ReconcilePeers(session, "p-3", null, [new(a, null, ["10.80.3.0/24"]), new(OverlaySamples.Key(3).Text, null, ["10.80.1.0/25"])]);
        Assert.Equal("peer-conflict", (await Answer(twice) as CommandRefused)!.Code);
        Assert.Single(await Peers());

        Clock.Advance(TimeSpan.FromSeconds(12));
        await Accepted(first);
        Assert.Equal(b, Assert.Single(await Peers()).PublicKey);
        Assert.Equal(RefusalCodes.DeadlinePassed, (await Answer(first with { CommandId = "p-4" }) as CommandRefused)!.Code);
        Assert.Equal("idempotency-conflict", (await Answer(first with { Remove = [b], Peers = null, Deadline = null }) as CommandRefused)!.Code);
    }

    [Theory]
    [InlineData("no key", "10.80.1.0/24", "invalid-request")]
    [InlineData("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "10.81.1.0/24", "peer-conflict")]
    [InlineData("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=", "10.80.0.7/32", "peer-conflict")]
    public async Task A_peer_that_can_not_be_is_refused_with_its_reason_and_nothing_is_changed(string key, string network, string code)
    {
        var session = await Attached();
        Assert.Equal(code, (await Answer(new ReconcilePeers(session, "p-1", null, [new(key, null, [network])])) as CommandRefused)!.Code);
        Assert.Empty(await Peers());
    }

    [Fact]
    public async Task What_a_node_has_is_told_in_the_figures_by_which_it_lets_VMs_in()
    {
        var session = await Attached();
        await Accepted(Create(session, "c-1", Guid.NewGuid()));
        await Ended("c-1", "succeeded");
        await Accepted(new Report(session, "r-1"));
        await Until(() => _heard.OfType<NodeReport>().Any());
        var capacity = Assert.IsType<Core.Vms.VmReply.Capacity>(await Node.Ask<Core.Vms.VmReply>(new VmQueries.GetCapacity(), TimeSpan.FromSeconds(8))).Resource;
        var expected = new NodeCapacity(
            capacity.Cpu.Threads - capacity.Cpu.HostReserve, capacity.Memory.OfferedBytes, capacity.Disks[0].FreeBytes, (int)capacity.Cpu.Reserved, capacity.Memory.ReservedBytes, capacity.Disks[0].ReservedByVmsBytes);
        Assert.Equal(expected, _heard.OfType<NodeReport>().Single().Capacity);
        Assert.True(expected is { PromisedVCpus: > 0, PromisedDiskBytes: > 0 });
        Clock.Advance(TimeSpan.FromSeconds(6));
        await Until(() => _heard.OfType<Heartbeat>().Any(h => h.Capacity == expected));
    }

    [Fact]
    public async Task A_draining_node_takes_no_new_vm_also_after_a_restart()
    {
        var session = await Attached();
        await Accepted(Create(session, "c-1", Guid.NewGuid()));
        await Accepted(new Drain(session, "d-1", null, true));
        await RestartNode();
        await Connected();
        session = await Attached();

        Assert.Equal(RefusalCodes.Draining, (await Answer(Create(session, "c-2", Guid.NewGuid())) as CommandRefused)!.Code);
        await Accepted(Create(session, "c-1", Board.Current.Keys.Single().Value));
        await Accepted(new Drain(session, "d-2", null, false));
        await Accepted(new Drain(session, "d-1", null, true));
        await Until(async () => await Answer(Create(session, "c-3-" + Guid.NewGuid().ToString("n"), Guid.NewGuid())) is CommandAccepted);
    }

    [Fact]
    public async Task No_more_events_come_than_were_asked_for_until_they_are_acknowledged()
    {
        var session = await Attached(window: 3);
        await Accepted(Create(session, "c-1", Guid.NewGuid()));
        await Until(() => Board.Current.Values.Any(vm => vm.Status.State == "running" && vm.Step is null));
        await Until(() => Events(session).Count == 3);
        await Task.Delay(100);
        Assert.Equal(3, Events(session).Count);

        for (var i = 0; i < 100 && !_heard.OfType<VmEvent>().Any(e => e.Ended is not null); i++)
        {
            _gateway.Tell(new Ack(session, Events(session)[^1].Place, Now), _peer);
            await Task.Delay(20);
        }

        await Ended("c-1", "succeeded");
    }

    [Fact]
    public async Task A_command_its_operation_and_the_steps_of_that_are_one_trace_with_what_the_orchestrator_does_them_for()
    {
        using var traces = new FollowedTrace();
        var session = await Attached();
        var vm = Guid.NewGuid();
        await Accepted(Create(session, "c-1", vm) with { TraceParent = traces.TraceParent });
        await Ended("c-1", "succeeded");
        await Until(() => traces.Ended.Any(s => s.DisplayName == "vm create"));

        var command = traces.Ended.Single(s => s.DisplayName == "command CreateVm");
        var operation = traces.Ended.Single(s => s.DisplayName == "vm create");
        Assert.Equal((traces.Caller.SpanId, "c-1"), (command.ParentSpanId, command.GetTagItem("decloud.command.id")));
        Assert.Equal(command.SpanId, operation.ParentSpanId);
        Assert.Contains(traces.Ended, s => s.DisplayName == "step start" && s.ParentSpanId == operation.SpanId);

        // The same command under another trace, or none that can be read, is the same command.
        await Accepted(Create(session, "c-1", vm) with { TraceParent = "00-not-a-trace" });
        Assert.Single(Asked("remote:c-1"));
        Assert.IsType<CommandRefused>(await Answer(new StartVm(session, "c-2", null, Guid.NewGuid(), traces.TraceParent)));
        await Until(() => traces.Ended.Any(s => s is { DisplayName: "command StartVm", Status: ActivityStatusCode.Error }));
    }

    [Fact]
    public async Task It_is_shown_who_is_attached_and_since_when_nobody_is()
    {
        await Attached();
        Assert.Equal(("orchestrator", Now), (Gauges.Remote!.Orchestrator, Gauges.Remote.Since));
        var second = await Attached("other", epoch: 2);
        Assert.Equal("other", Gauges.Remote.Orchestrator);
        _gateway.Tell(new Detach(second), _peer);
        await Until(() => Gauges.Remote.Orchestrator is null);
        Assert.Equal(("other", "it detached"), (Gauges.Remote.Last, Gauges.Remote.Why));

        await Attached("other", epoch: 2);
        await Pass(TimeSpan.FromMinutes(2), () => Gauges.Remote.Orchestrator is null);
        Assert.Equal("other", Gauges.Remote.Last);
        await Attached("other", epoch: 2);
        _gateway.Tell(PoisonPill.Instance);
        await Until(() => Gauges.Remote.Orchestrator is null);
    }

    [Fact]
    public async Task A_report_tells_every_vm()
    {
        var session = await Attached();
        var vm = Guid.NewGuid();
        await Accepted(Create(session, "c-1", vm));
        await Until(() => Board.Current.ContainsKey(new(vm)));
        await Accepted(new Report(session, "r-1"));
        await Until(() => _heard.OfType<NodeReport>().Any());

        var told = Assert.Single(Assert.Single(_heard.OfType<NodeReport>()).Vms!);
        Assert.Equal((vm, "orchestrator:orchestrator"), (told.Id, told.By));
    }

    [Fact]
    public async Task After_half_an_hour_without_a_link_and_with_commands_doubled_and_swapped_each_took_effect_once_and_every_result_arrives()
    {
        await Connected();
        var bystander = await Running();
        var before = Shown(bystander);
        var session = await Attached();
        var vms = Enumerable.Range(0, 6).Select(_ => Guid.NewGuid()).ToList();
        List<IRemoteCommand> commands = [.. vms.Select((vm, i) => Create(session, $"create-{i}", vm))];
        foreach (var command in commands)
        {
            await Accepted(command);
        }

        await Until(() => vms.All(vm => _heard.OfType<VmEvent>().Any(e => e.Ended?.OperationId.Contains(vm.ToString("n"), StringComparison.Ordinal) == true)));
        var lastPlace = Events(session)[^1].Place;

        // The link breaks: what is sent from here on arrives later, more than once and in no order.
        List<IRemoteCommand> late = [];
        foreach (var (vm, i) in vms.Select((vm, i) => (vm, i)))
        {
            late.Add(new StopVm(session, $"stop-{i}", null, vm, true));
            late.Add(new StartVm(session, $"start-{i}", null, vm));
            late.Add(new StopVm(session, $"too-late-{i}", Now.AddMinutes(5), vm, true));
        }

        for (var i = 0; i < 30 * 60; i += 10)
        {
            Clock.Advance(TimeSpan.FromSeconds(10));
        }

        await Until(async () => await Answer(late[0]) is CommandRefused { Code: RefusalCodes.NotAttached });
        _heard.Clear();
        var again = await Attached(after: lastPlace, window: 1024);
        var random = new Random(7);
        List<IRemoteCommand> copies = [.. late.Concat(commands).Select(c => In(c, again))];
        foreach (var command in copies.Concat(copies).Concat(copies).OrderBy(_ => random.Next()))
        {
            _gateway.Tell(command, _peer);
        }

        await Until(() => copies.All(c => _heard.Any(h => (h as CommandAccepted)?.CommandId == c.CommandId || (h as CommandRefused)?.CommandId == c.CommandId)));
        await Until(() => Enumerable.Range(0, vms.Count).All(i => HasEnded($"stop-{i}") && HasEnded($"start-{i}")));
        Assert.All(late.Where(c => !c.CommandId.StartsWith("too", StringComparison.Ordinal)), c => Assert.Single(Asked("remote:" + c.CommandId)));
        Assert.All(commands, c => Assert.Single(Asked("remote:" + c.CommandId)));
        Assert.All(_heard.OfType<CommandRefused>(), r => Assert.Equal((RefusalCodes.DeadlinePassed, true), (r.Code, r.CommandId.StartsWith("too-late", StringComparison.Ordinal))));
        Assert.Empty(Enumerable.Range(0, vms.Count).SelectMany(i => Asked($"remote:too-late-{i}")));
        Assert.Equal(Json(before), Json(Shown(bystander)));
        Assert.Equal(PowerState.Running, Hypervisor.StateOf(bystander));
        Assert.Equal(Enumerable.Range(1, Events(again).Count).Select(i => (long)i), Events(again).Select(e => e.Number));
    }

    private static string Json(Contracts.Rest.VmResource vm) => System.Text.Json.JsonSerializer.Serialize(vm, Contracts.Rest.RestJson.Default.VmResource);

    [Fact]
    public async Task A_kill_of_the_node_in_the_middle_of_commands_loses_none_that_was_accepted()
    {
        await Connected();
        var session = await Attached();
        var vms = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToList();
        foreach (var (vm, i) in vms.Select((vm, i) => (vm, i)))
        {
            await Accepted(Create(session, $"c-{i}", vm));
        }

        await RestartNode();
        _gateway.Tell(PoisonPill.Instance);
        _gateway = StartGateway();
        _heard.Clear();
        await Connected();
        var again = await Attached(after: 0, window: 1024);
        foreach (var (vm, i) in vms.Select((vm, i) => (vm, i)))
        {
            await Accepted(Create(again, $"c-{i}", vm));
            Assert.Single(Asked($"remote:c-{i}"));
        }

        await Until(() => Enumerable.Range(0, vms.Count).All(i => HasEnded($"c-{i}")));
        Assert.All(vms, vm => Assert.Equal(PowerState.Running, Hypervisor.StateOf(new(vm))));
    }

    private new DateTimeOffset Now => Clock.Now;

    private static IRemoteCommand In(IRemoteCommand command, Guid session) => command switch
    {
        CreateVm c => c with { Session = session },
        StartVm c => c with { Session = session },
        StopVm c => c with { Session = session },
        _ => throw new NotSupportedException(),
    };

    private static (string, long) CodeOf(Refused refused) => (refused.Code, refused.Epoch);

    private static CreateVm Create(Guid session, string id, Guid vm) => new(session, id, null, vm, "web-1", 1);

    private IActorRef StartGateway()
    {
        var parts = new GatewayParts(Node, new MemoryFeed(BreakableJournal.Of(Sys)), Board, new AnyVm(), new("node-1", ["orchestrator", "other"]), 100_000, "test", TimeProvider.System) { Gauges = Gauges };
        return Sys.ActorOf(Props.Create(() => new OrchestratorGateway(parts)));
    }

    private Attach Attach(Guid session, string name = "orchestrator", long epoch = 1, long? after = null, int window = 512, DateTimeOffset? sentAt = null) =>
        new(session, name, "node-1", epoch, 1, 1, after, window, 5, sentAt ?? Now);

    private async Task<Guid> Attached(string name = "orchestrator", long epoch = 1, long? after = null, int window = 512, DateTimeOffset? sentAt = null)
    {
        await Connected();
        if (!ReferenceEquals(_boardOfGateway, Board))
        {
            _boardOfGateway = Board;
            _gateway = StartGateway();
        }

        var session = Guid.NewGuid();
        _gateway.Tell(Attach(session, name, epoch, after, window, sentAt), _peer);
        await Until(() => _heard.OfType<Attached>().Any(a => a.Session == session));
        return session;
    }

    private object? _boardOfGateway;

    private async Task<IReadOnlyList<Contracts.Rest.WireGuardPeerResource>> Peers() =>
        Assert.IsType<OverlayReply.Shown>(await Node.Ask<OverlayReply>(new OverlayQueries.Get(), TimeSpan.FromSeconds(8))).WireGuard.Peers;

    private async Task<Refused> Refusal(Attach attach)
    {
        _gateway.Tell(attach, _peer);
        await Until(() => _heard.OfType<Refused>().Any(r => r.Session == attach.Session));
        return _heard.OfType<Refused>().Single(r => r.Session == attach.Session);
    }

    private async Task<IRemoteMessage> Answer(IRemoteCommand command)
    {
        var earlier = Answers(command).Count;
        _gateway.Tell(command, _peer);
        await Until(() => Answers(command).Count > earlier);
        return Answers(command)[earlier];
    }

    private List<IRemoteMessage> Answers(IRemoteCommand command) =>
        [.. _heard.Where(h => (h as CommandAccepted)?.CommandId == command.CommandId || (h as CommandRefused)?.CommandId == command.CommandId)];

    private async Task Accepted(IRemoteCommand command) => Assert.IsType<CommandAccepted>(await Answer(command));

    private bool HasEnded(string command) => _heard.OfType<VmEvent>().Any(e => e.Ended?.CommandId == command);

    private async Task Ended(string command, string status)
    {
        await Until(() => HasEnded(command));
        Assert.Equal(status, _heard.OfType<VmEvent>().First(e => e.Ended?.CommandId == command).Ended!.Status);
    }

    private List<VmEvent> Events(Guid session) => [.. _heard.OfType<VmEvent>().Where(e => e.Session == session)];

    private List<VmEvents.OperationAccepted> Asked(string key) =>
        [.. BreakableJournal.Of(Sys).Written.Select(w => w.Event).OfType<VmEvents.OperationAccepted>().Where(e => e.Request.Id == key)];
}
