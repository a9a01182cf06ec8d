using System.Text;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Orchestration;

public sealed class CommandTests
{
    private const string By = "orchestrator:https://orchestrator.example";

    public static TheoryData<string, OrchestratorCommandType, string, string> Refused => new()
    {
        { "no payload", OrchestratorCommandType.StopVm, "", "JSON" },
        { "a list", OrchestratorCommandType.StopVm, "[]", "JSON" },
        { "no VM", OrchestratorCommandType.DeleteVm, "{}", "names no VM" },
        { "no UUID", OrchestratorCommandType.DeleteVm, """{"VmId":"../../etc"}""", "names no VM" },
        { "an action that is none", OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm, ",\"Action\":\"Explode\""), "action" },
        { "too many CPUs", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"x\":1").Replace("\"VirtualCpuCores\":2", "\"VirtualCpuCores\":9", StringComparison.Ordinal), "VirtualCpuCores" },
        { "odd memory", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm).Replace("536870912", "536870913", StringComparison.Ordinal), "MemoryBytes" },
        { "no disk", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm).Replace("\"DiskBytes\":1073741824,", "", StringComparison.Ordinal), "DiskBytes" },
        { "a file of the host", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm).Replace("https://images.example", "file:///var/lib/decloud/images", StringComparison.Ordinal), "file" },
        { "a file elsewhere", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm).Replace("https://images.example", "file:///etc", StringComparison.Ordinal), "image" },
        { "a hash that is none", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm).Replace("bbbb", "zzzz", StringComparison.Ordinal), "BaseImageHash" },
        { "a container", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"DeploymentMode\":1"), "containers" },
        { "a GPU", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"GpuMode\":2"), "GPU" },
        { "a migration", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"ChunkMap\":{\"0\":\"c\"}"), "disk" },
        { "variables", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"EnvironmentVariables\":{\"a\":\"b\"}"), "variables" },
        { "an overlay that is neither wanted nor not", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"Overlay\":\"perhaps\""), "Overlay" },
        { "a bad key", OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"SshPublicKey\":\"ssh-rsa\\nroot\""), "SshPublicKey" },
        { "port 0", OrchestratorCommandType.AllocatePort, PeerSamples.About(PeerSamples.Vm, ",\"VmPort\":0,\"Protocol\":1"), "port" },
        { "no protocol", OrchestratorCommandType.AllocatePort, PeerSamples.About(PeerSamples.Vm, ",\"VmPort\":80"), "protocol" },
        { "relaying", OrchestratorCommandType.AllocatePort, PeerSamples.About(PeerSamples.Vm, ",\"VmPort\":80,\"Protocol\":1,\"IsRelayForwarding\":true"), "relays" },
    };

    public static TheoryData<string, VmChange> Stops => new()
    {
        { "", VmChange.Stop },
        { ",\"Action\":\"Stop\"", VmChange.Stop },
        { ",\"action\":\"forcestop\"", VmChange.ForceStop },
        { ",\"Force\":true", VmChange.ForceStop },
        { ",\"Action\":\"Restart\",\"Force\":false", VmChange.Restart },
        { ",\"Action\":\"Restart\",\"Force\":\"true\"", VmChange.Reset },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_this_node_can_not_or_will_not_do_is_refused_for_good_with_a_reason(string what, OrchestratorCommandType type, string payload, string reason)
    {
        var refusal = Assert.IsType<CommandAction.Refuse>(Translate(type, payload));
        Assert.True(refusal.Reason.StartsWith("TERMINAL: ", StringComparison.Ordinal) && refusal.Reason.Contains(reason, StringComparison.OrdinalIgnoreCase), $"{what}: {refusal.Reason}");
    }

    [Theory]
    [MemberData(nameof(Stops))]
    public void A_stop_does_what_its_action_says(string more, VmChange expected)
    {
        var change = Assert.IsType<CommandAction.Change>(Translate(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm, more))).Command;
        Assert.Equal((new VmId(PeerSamples.Vm), expected, "orch:command-1", By), (change.VmId, change.What, change.Request.Id, change.Request.By));
    }

    [Fact]
    public void An_order_becomes_a_vm_and_what_the_orchestrator_wants_to_hear_of_it()
    {
        var create = Assert.IsType<CommandAction.Create>(Translate(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"CloudInitUserData\":\"#!/bin/sh\"")));
        Assert.Equal(("web-1", 2, 512L << 20, 1L << 30), (create.Command.Spec.Name, create.Command.Spec.VCpus, create.Command.Spec.MemoryBytes, create.Command.Spec.DiskBytes));
        Assert.Equal("sha256:" + new string('b', 64), create.Command.Spec.ImageHash!.Value.ToString());
        Assert.Equal("#!/bin/sh", Encoding.UTF8.GetString(create.Command.UserData!.Value.Span));
        Assert.Equal(new OrderedVm("Web 1", "Tenant", "General", "owner-1", 1, 7), create.Vm);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(",\"Overlay\":null", false)]
    [InlineData(",\"Overlay\":false", false)]
    [InlineData(",\"overlay\":true", true)]
    public void An_order_may_ask_for_the_overlay(string more, bool expected) =>
        Assert.Equal(expected, Assert.IsType<CommandAction.Create>(Translate(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, more))).Command.Overlay);

    [Fact]
    public void A_password_goes_into_the_user_data_and_nowhere_else()
    {
        var alone = Assert.IsType<CommandAction.Create>(Translate(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"Password\":\"s3cret\\\"x\"")));
        Assert.Equal("#cloud-config\n{\"password\":\"s3cret\\u0022x\",\"chpasswd\":{\"expire\":false},\"ssh_pwauth\":true}\n", Encoding.UTF8.GetString(alone.Command.UserData!.Value.Span));
        var both = Assert.IsType<CommandAction.Create>(Translate(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"Password\":\"s3cret\",\"CloudInitUserData\":\"#!/bin/sh\\ntrue\"")));
        var text = Encoding.UTF8.GetString(both.Command.UserData!.Value.Span);
        Assert.StartsWith("Content-Type: multipart/mixed; boundary=", text, StringComparison.Ordinal);
        Assert.Contains("\n\n#!/bin/sh\ntrue\n--", text, StringComparison.Ordinal);
        Assert.Contains("\n\n#cloud-config\n{\"password\":\"s3cret\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("..", "vm-5e0a2c3a")]
    [InlineData("-x-", "x")]
    [InlineData("Ünï Code_1.a", "n-code-1-a")]
    public void A_name_of_the_orchestrators_becomes_a_host_name(string name, string label) =>
        Assert.Equal(label, Assert.IsType<CommandAction.Create>(Translate(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm).Replace("Web 1", name, StringComparison.Ordinal))).Command.Spec.Name);

    [Fact]
    public void Ports_are_passed_on()
    {
        var port = Assert.IsType<CommandAction.Port>(Translate(OrchestratorCommandType.AllocatePort, PeerSamples.About(PeerSamples.Vm, ",\"VmPort\":22,\"Protocol\":3,\"Label\":\"ssh\",\"PublicPort\":40022")));
        var allocate = Assert.IsType<PortCommands.Allocate>(port.Message);
        Assert.Equal((22, PortProtocol.Both, 40022, "ssh"), (allocate.GuestPort, allocate.Protocol, allocate.HostPort, allocate.Label));
        foreach (var (named, hostPort) in new[] { ("", (int?)null), (",\"PublicPort\":0", null), (",\"PublicPort\":40022", 40022) })
        {
            var removal = Assert.IsType<CommandAction.Port>(Translate(OrchestratorCommandType.RemovePort, PeerSamples.About(PeerSamples.Vm, ",\"VmPort\":22,\"Protocol\":\"Tcp\"" + named)));
            Assert.Equal((hostPort, hostPort), (Assert.IsType<PortCommands.Remove>(removal.Message).HostPort, removal.KnownHostPort));
        }

        Assert.IsType<CommandAction.Refuse>(Translate(OrchestratorCommandType.RemovePort, PeerSamples.About(PeerSamples.Vm, ",\"VmPort\":22,\"Protocol\":1,\"PublicPort\":70000")));
    }

    [Fact]
    public void A_command_is_late_by_its_own_clock_where_that_is_known()
    {
        var now = PeerSamples.Now;
        Assert.False(Stop(queuedAt: now - TimeSpan.FromMinutes(4)).IsStaleAt(now));
        Assert.True(Stop(queuedAt: now - TimeSpan.FromMinutes(5)).IsStaleAt(now));
        Assert.True(Stop(expiresAt: now).IsStaleAt(now));
        Assert.True(Stop(isExpired: true).IsStaleAt(now));
        // The orchestrator's clock is an hour behind, and its commands are fresh all the same.
        Assert.False(Stop(queuedAt: now - TimeSpan.FromHours(1), age: TimeSpan.FromSeconds(2)).IsStaleAt(now));
        Assert.False((Stop() with { QueuedAt = null }).IsStaleAt(now));

        static PeerCommand Stop(DateTimeOffset? queuedAt = null, DateTimeOffset? expiresAt = null, bool isExpired = false, TimeSpan? age = null) =>
            PeerSamples.Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), queuedAt: queuedAt, expiresAt: expiresAt, isExpired: isExpired, age: age);
    }

    [Fact]
    public void A_command_is_taken_once_and_its_result_told_again_when_it_comes_again()
    {
        var command = PeerSamples.Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm));
        var state = Apply(new(), CommandIntake.Take(new(), By, command, PeerSamples.Now));
        Assert.Equal(CommandStage.Received, state.Commands["command-1"].Stage);
        Assert.Empty(CommandIntake.Take(state, By, command, PeerSamples.Now).Events);

        state = state.Apply(new OrchestrationEvents.CommandFinished("command-1", new(true, null, null, PeerSamples.Now), PeerSamples.Now));
        Assert.Single(state.Outbox(By));
        Assert.Empty(state.Outbox("orchestrator:https://other.example"));
        Assert.Empty(CommandIntake.Take(state, By, command, PeerSamples.Now).Events);

        state = state.Apply(new OrchestrationEvents.ResultDelivered("command-1", null, PeerSamples.Now));
        Assert.Empty(state.Outbox(By));
        state = Apply(state, CommandIntake.Take(state, By, command, PeerSamples.Now));
        Assert.Single(state.Outbox(By));
        Assert.Empty(state.Open);
    }

    [Theory]
    [InlineData(OrchestratorCommandType.MigrateVm)]
    [InlineData(OrchestratorCommandType.UpdateAgent)]
    [InlineData(OrchestratorCommandType.ScanVm)]
    [InlineData(OrchestratorCommandType.Benchmark)]
    [InlineData(OrchestratorCommandType.Shutdown)]
    [InlineData(null)]
    public void A_type_that_is_not_carried_out_is_refused_at_once(OrchestratorCommandType? type)
    {
        var state = Apply(new(), CommandIntake.Take(new(), By, PeerSamples.Command(type, "{\"secret\":1}"), PeerSamples.Now));
        var result = Assert.Single(state.Outbox(By));
        Assert.False(result.Result!.IsSuccess);
        Assert.StartsWith("TERMINAL: ", result.Result.Error, StringComparison.Ordinal);
        Assert.Null(result.Command.Payload);
    }

    [Fact]
    public void A_payload_that_may_hold_secrets_is_kept_apart_from_the_journal()
    {
        var intake = CommandIntake.Take(new(), By, PeerSamples.Command(OrchestratorCommandType.CreateVm, PeerSamples.Create(PeerSamples.Vm, ",\"Password\":\"canary\"")), PeerSamples.Now);
        Assert.Contains("canary", intake.SecretPayload, StringComparison.Ordinal);
        Assert.Null(Assert.IsType<OrchestrationEvents.CommandReceived>(Assert.Single(intake.Events)).Command.Payload);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("ä")]
    public void An_id_that_is_none_is_not_acted_on(string id)
    {
        var intake = CommandIntake.Take(new(), By, PeerSamples.Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), id), PeerSamples.Now);
        Assert.Empty(intake.Events);
        Assert.NotNull(intake.Ignored);
    }

    [Fact]
    public void An_order_that_a_later_one_overtook_is_refused()
    {
        var state = Apply(new(), CommandIntake.Take(new(), By, PeerSamples.Command(OrchestratorCommandType.StopVm, PeerSamples.About(PeerSamples.Vm), "later"), PeerSamples.Now));
        state = state.Apply(new OrchestrationEvents.CommandStarted("later", new(PeerSamples.Vm), 2, null, PeerSamples.Now));
        state = Apply(state, CommandIntake.Take(state, By, PeerSamples.Command(OrchestratorCommandType.StartVm, PeerSamples.About(PeerSamples.Vm), "earlier", PeerSamples.Now.AddSeconds(-1)), PeerSamples.Now));
        Assert.Equal(CommandStage.Finished, state.Commands["earlier"].Stage);
        state = Apply(state, CommandIntake.Take(state, By, PeerSamples.Command(OrchestratorCommandType.StartVm, PeerSamples.About(PeerSamples.Vm), "newest", PeerSamples.Now.AddSeconds(1)), PeerSamples.Now));
        Assert.Equal(CommandStage.Received, state.Commands["newest"].Stage);
    }

    [Fact]
    public void Told_results_are_forgotten_after_thousands_and_untold_ones_never()
    {
        var state = new OrchestrationState();
        for (var i = 0; i < OrchestrationState.RememberedCommands + 50; i++)
        {
            var id = $"c{i}";
            state = Apply(state, CommandIntake.Take(state, By, PeerSamples.Command(OrchestratorCommandType.ScanVm, "", id), PeerSamples.Now));
            state = i == 7 ? state : state.Apply(new OrchestrationEvents.ResultDelivered(id, null, PeerSamples.Now));
        }

        Assert.Equal(OrchestrationState.RememberedCommands + 1, state.Commands.Count);
        Assert.Equal("c7", Assert.Single(state.Outbox(By)).Command.Id);
    }

    private static OrchestrationState Apply(OrchestrationState state, Intake intake) => intake.Events.Aggregate(state, (s, e) => s.Apply(e));

    private static CommandAction Translate(OrchestratorCommandType type, string payload)
    {
        var intake = CommandIntake.Take(new(), By, PeerSamples.Command(type, payload), PeerSamples.Now);
        return CommandTranslation.Translate(((OrchestrationEvents.CommandReceived)intake.Events[0]).Command, payload, PeerSamples.Settings.Limits);
    }
}
