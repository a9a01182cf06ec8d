using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text.Json;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.IntegrationTests.Orchestrator;

/// <summary>The built agent, real libvirt and QEMU, and an orchestrator with the habits of today's.</summary>
public sealed class OrchestratorTests(OrchestratedLab lab, ITestOutputHelper output) : AgentTests(lab), IClassFixture<OrchestratedLab>, IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private OrchestratorDouble Peer => lab.Orchestrator;

    async Task IAsyncLifetime.InitializeAsync()
    {
        (Peer.Trap, Peer.Duplicates, Peer.LosesAckAnswers, Peer.WritesNames, Peer.InvalidVms) = (Trap.None, false, false, false, null);
        await InitializeAsync();
        // The default region makes the double hash wrongly: to be logged in, the node must have found its way around that.
        await Patience.UntilAsync("the node is logged in", TimeSpan.FromSeconds(120), async () => Peer.IsLoggedIn && (await StatusAsync()).State == "logged-in", () => Lab.Agent.Log);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_vm_lives_its_life_by_commands(bool writesNames)
    {
        Peer.WritesNames = writesNames;
        Peer.Duplicates = writesNames;
        var registrations = Peer.Registrations;
        var vm = Guid.NewGuid();
        await AckedAsync(Peer.Queue(OrchestratorCommandType.CreateVm, Order(vm)), isSuccess: true);
        var running = await Lab.Api.VmAsync(vm);
        Assert.Equal("running", running.Status.State);
        await Patience.UntilAsync("the VM is reported", Soon, () => Task.FromResult(LastBeat().GetProperty("activeVms").EnumerateArray().Any(v => v.GetProperty("vmId").GetString() == vm.ToString() && v.GetProperty("state").GetString() == "Running")));
        await AckedAsync(Peer.Queue(OrchestratorCommandType.StopVm, $$"""{"VmId":"{{vm}}","Action":"ForceStop","Force":true}"""), isSuccess: true);
        Assert.Equal("stopped", (await Lab.Api.VmAsync(vm)).Status.State);
        await AckedAsync(Peer.Queue(OrchestratorCommandType.StartVm, $$"""{"VmId":"{{vm}}"}"""), isSuccess: true);
        await AckedAsync(Peer.Queue(OrchestratorCommandType.DeleteVm, $$"""{"VmId":"{{vm}}"}"""), isSuccess: true);
        Assert.Empty(await Lab.Api.VmsAsync());
        await AckedAsync(Peer.Queue(OrchestratorCommandType.DeleteVm, $$"""{"VmId":"{{Guid.NewGuid()}}"}"""), isSuccess: false);
        Assert.Equal(registrations, Peer.Registrations);
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    [SuppressMessage("Interoperability", "CA1416", Justification = "Only Linux hosts VMs.")]
    public async Task A_result_that_became_known_while_the_orchestrator_was_away_is_told_after_a_kill_too()
    {
        var vm = Guid.NewGuid();
        var create = Peer.Queue(OrchestratorCommandType.CreateVm, Order(vm, ",\"Password\":\"planted-canary\""));
        await Patience.UntilAsync("the command is taken", Soon, async () => (await Lab.Api.VmsAsync()).Count == 1);
        Peer.Trap = Trap.Abort;
        await Lab.Agent.Kill9Async();
        await Lab.Agent.StartReadyAsync();
        await Lab.Api.UntilVmAsync(vm, "the VM runs", Soon, v => v.Status.State == "running");
        await Patience.UntilAsync("the result waits", Soon, async () => (await StatusAsync()) is { CommandsOpen: 0 });
        await Lab.Agent.RestartAsync();
        Peer.Trap = Trap.None;
        await AckedAsync(create, isSuccess: true);
        await Patience.UntilAsync("the outbox is empty", Soon, async () => (await StatusAsync()).Outbox == 0);
        Assert.Single(Lab.Invariants.QemusOf(vm));
        await Lab.Invariants.AssertAsync();
        Assert.DoesNotContain("planted-canary", Lab.Agent.Log, StringComparison.Ordinal);
        Assert.DoesNotContain(Peer.ApiKey, Lab.Agent.Log, StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFiles(Lab.StatePath, "journal.db*"), file => Assert.DoesNotContain("planted-canary", File.ReadAllText(file), StringComparison.Ordinal));
        Assert.Equal([Path.Combine(Lab.StatePath, "orchestrator", "api-key")], Directory.GetFiles(Path.Combine(Lab.StatePath, "orchestrator")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(Lab.StatePath, "orchestrator", "api-key")));
    }

    [Fact]
    public async Task An_acknowledgement_whose_answer_is_lost_is_told_again_and_the_command_not_repeated()
    {
        var vm = Guid.NewGuid();
        Peer.LosesAckAnswers = true;
        var id = Peer.Queue(OrchestratorCommandType.CreateVm, Order(vm));
        await Patience.UntilAsync("it is told twice", Soon, () => Task.FromResult(Peer.Acks.Count(a => a.GetProperty("commandId").GetString() == id) >= 2));
        Peer.LosesAckAnswers = false;
        await Patience.UntilAsync("the outbox is empty", Soon, async () => (await StatusAsync()).Outbox == 0);
        Assert.Single(await Lab.Api.HistoryAsync(vm), e => e.Type == "operation-accepted");
    }

    [Theory]
    [InlineData(Trap.Portal)]
    [InlineData(Trap.ServerError)]
    [InlineData(Trap.Garbage)]
    [InlineData(Trap.Endless)]
    [InlineData(Trap.Redirect)]
    [InlineData(Trap.Abort)]
    public async Task A_line_or_a_server_that_is_broken_is_waited_out_without_another_registration(Trap trap)
    {
        var registrations = Peer.Registrations;
        Peer.Trap = trap;
        await Patience.UntilAsync("it is seen", Soon, async () => (await StatusAsync()) is { State: "unreachable", Failures: >= 2, Reason: not null });
        Peer.Trap = Trap.None;
        await Patience.UntilAsync("it is well again", TimeSpan.FromSeconds(90), async () => (await StatusAsync()).State == "logged-in");
        Assert.Equal(registrations, Peer.Registrations);
    }

    [Fact]
    public async Task Answers_that_lack_every_field_lead_to_nothing()
    {
        var local = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        Peer.Trap = Trap.Empty;
        var before = (await StatusAsync()).LastReportAt;
        await Patience.UntilAsync("it reports on", Soon, async () => (await StatusAsync()).LastReportAt > before!.Value.AddSeconds(4));
        Assert.Equal("running", (await Lab.Api.VmAsync(local.Id)).Status.State);
    }

    [Fact]
    public async Task A_key_that_is_refused_is_replaced()
    {
        var registrations = Peer.Registrations;
        Peer.Trap = Trap.Unauthorized;
        await Patience.UntilAsync("the node registers again", Soon, () => Task.FromResult(Peer.Registrations > registrations));
        Peer.Trap = Trap.None;
        await Patience.UntilAsync("it is logged in", TimeSpan.FromSeconds(90), async () => (await StatusAsync()).State == "logged-in");
    }

    [Fact]
    public async Task A_forged_push_changes_nothing_and_a_pushed_command_takes_effect_at_once()
    {
        var vm = Guid.NewGuid();
        await AckedAsync(Peer.Queue(OrchestratorCommandType.CreateVm, Order(vm)), isSuccess: true);
        var forged = $$"""{"commandId":"forged","type":3,"payload":"{\"VmId\":\"{{vm}}\"}"}""";
        Assert.Equal(HttpStatusCode.Forbidden, await Peer.PushAsync(Lab.Agent.Port, forged, null));
        Assert.Equal(HttpStatusCode.Forbidden, await Peer.PushAsync(Lab.Agent.Port, forged, "not the node's key, but as long as one"));
        foreach (var (isSigned, expected) in new[] { (false, HttpStatusCode.Forbidden), (true, HttpStatusCode.OK) })
        {
            var accepted = (await Lab.Api.HistoryAsync(vm)).Count(e => e.Type == "operation-accepted");
            var at = Stopwatch.StartNew();
            var (id, answer) = await Peer.GiveAsync(Lab.Agent.Port, isSigned ? OrchestratorCommandType.StartVm : OrchestratorCommandType.StopVm, $$"""{"VmId":"{{vm}}","Force":true}""", isSigned);
            Assert.Equal(expected, answer);
            await Patience.UntilAsync("it is accepted", TimeSpan.FromSeconds(5), async () => (await Lab.Api.HistoryAsync(vm)).Count(e => e.Type == "operation-accepted") > accepted);
            output.WriteLine($"signed {isSigned}: accepted by the VM {at.ElapsedMilliseconds} ms after the push was sent");
            await AckedAsync(id, isSuccess: true);
        }

        Assert.DoesNotContain(Peer.Acks, a => a.GetProperty("commandId").GetString() == "forged");
    }

    [Fact]
    public async Task A_vm_that_is_wrongly_disowned_is_stopped_and_kept_and_a_local_one_left_alone()
    {
        var vm = Guid.NewGuid();
        await AckedAsync(Peer.Queue(OrchestratorCommandType.CreateVm, Order(vm)), isSuccess: true);
        var local = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64))))!;
        Peer.InvalidVms = [vm, local.Id];
        await Lab.Api.UntilVmAsync(vm, "the VM is off", Soon, v => v.Status.State == "stopped");
        Assert.Equal([vm], (await StatusAsync()).QuarantinedVms);
        Assert.Equal("running", (await Lab.Api.VmAsync(local.Id)).Status.State);
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task An_orchestrator_that_never_answers_does_not_hold_up_the_start()
    {
        Peer.Trap = Trap.Hang;
        await Lab.Agent.Kill9Async();
        var at = Stopwatch.StartNew();
        Lab.Agent.Start();
        await Lab.Agent.ServingAsync();
        var hanging = at.Elapsed;
        await Lab.Agent.ReadyAsync();
        await Lab.Agent.Kill9Async();
        Peer.Trap = Trap.None;
        at.Restart();
        Lab.Agent.Start();
        await Lab.Agent.ServingAsync();
        output.WriteLine($"first 200 after {hanging.TotalMilliseconds:0} ms with a hanging orchestrator, {at.ElapsedMilliseconds} ms with one that answers");
        Assert.True(hanging < (at.Elapsed * 2) + TimeSpan.FromSeconds(1), $"{hanging} against {at.Elapsed}");
        await Lab.Agent.ReadyAsync();
    }

    private string Order(Guid vm, string more = "") =>
        $$"""{"VmId":"{{vm}}","Name":"ordered","Category":"Tenant","Role":"General","OwnerId":"owner-1","VirtualCpuCores":1,"MemoryBytes":{{64 << 20}},"DiskBytes":{{256 << 20}},"QualityTier":3,"ComputePointCost":4,"GpuMode":0,"DeploymentMode":0,"BaseImageUrl":"{{Peer.Url}}images/small.qcow2","BaseImageHash":"","Labels":{},"ChunkMap":{},"Artifacts":[]{{more}}}""";

    private Task<OrchestratorResource> StatusAsync() => Lab.Api.GetAsync("/api/orchestrator", RestJson.Default.OrchestratorResource);

    private JsonElement LastBeat() => Peer.Beats.Last();

    private async Task AckedAsync(string id, bool isSuccess)
    {
        await Patience.UntilAsync($"the result of {id} is told", Soon, () => Task.FromResult(Peer.Acks.Any(a => a.GetProperty("commandId").GetString() == id)), () => Lab.Agent.Log);
        var ack = Peer.Acks.First(a => a.GetProperty("commandId").GetString() == id);
        Assert.True(ack.GetProperty("success").GetBoolean() == isSuccess, ack.ToString());
    }
}
