using System.Text.Json;
using CliWrap.Buffered;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Terminal;

/// <summary>An agent that listens on a socket too.</summary>
public sealed class SocketLab : AgentLab
{
    /// <summary>The socket.</summary>
    public string SocketPath => Path.Combine(StatePath, "agent.sock");

    /// <inheritdoc/>
    protected override string[] Settings => [$"Http:Socket={SocketPath}"];
}

/// <summary>The program from the outside: its output and its exit codes, against the real agent and real libvirt.</summary>
public sealed class DecloudTests(SocketLab lab) : AgentTests(lab), IClassFixture<SocketLab>
{
    private string Url => $"http://127.0.0.1:{Lab.Agent.Port}";

    [Fact]
    public async Task A_vm_lives_its_life_in_a_terminal()
    {
        var created = await Done("vm", "create", "shell-1", "--image", Lab.Small().BaseImageUrl, "--memory", "128MiB", "--disk", "256MiB", "--label", "for=test");
        Assert.Matches(@"^create shell-1 \([0-9a-f-]{36}\): succeeded\n$", created);
        var id = Assert.Single(await Lab.Api.VmsAsync()).Id;
        Assert.Single(Lab.Invariants.QemusOf(id));

        Assert.Contains($"shell-1  {id}  running", await Done("vm", "list", "--label", "for=test"), StringComparison.Ordinal);
        Assert.Contains("128 MiB", await Done("vm", "show", "shell-1"), StringComparison.Ordinal);
        var json = JsonSerializer.Deserialize(await Done("vm", "show", "shell-1", "--json"), RestJson.Default.VmResource)!;
        Assert.Equal((id, "running"), (json.Id, json.Status.State));
        Assert.Contains("small.qcow2", await Done("image", "list"), StringComparison.Ordinal);
        Assert.Contains("1 running", await Done("node", "show"), StringComparison.Ordinal);

        await Lab.GuestReadyAsync(id, 1);
        Assert.Contains("decloud-test-guest: ready", await Done("vm", "logs", "shell-1", "--tail", "64KiB"), StringComparison.Ordinal);
        Assert.StartsWith("vncviewer 127.0.0.1::", await Done("vm", "vnc", "shell-1"), StringComparison.Ordinal);

        Assert.Equal($"stop shell-1 ({id}): succeeded\n", await Done("vm", "stop", "shell-1"));
        Assert.Contains("stopped", await Done("vm", "list", "--state", "stopped"), StringComparison.Ordinal);
        Assert.Empty(Lab.Invariants.QemusOf(id));
        var refused = await Run("vm", "pause", "shell-1");
        Assert.Equal((1, ""), (refused.ExitCode, refused.StandardOutput));
        Assert.Contains("problem vm-not-running, status 409, trace id ", refused.StandardError, StringComparison.Ordinal);

        var accepted = JsonSerializer.Deserialize(await Done("vm", "start", "shell-1", "--no-wait", "--json"), RestJson.Default.AcceptedResource)!;
        Assert.Equal($"start /api/vms/{id}: succeeded\n", await Done("op", "wait", accepted.Operation.Id));
        Assert.Contains(accepted.Operation.Id, await Done("op", "list", "--vm", "shell-1"), StringComparison.Ordinal);
        Assert.Contains("step-completed", await Done("vm", "history", "shell-1"), StringComparison.Ordinal);
        var events = await Done("events", "--after", "0", "--count", "3", "--json");
        Assert.Equal(3, events.TrimEnd('\n').Split('\n').Select(l => JsonSerializer.Deserialize(l, RestJson.Default.EventResource)!.Id).Distinct().Count());

        Assert.Equal($"delete shell-1 ({id}): succeeded\n", await Done("vm", "delete", "shell-1"));
        Assert.Equal(4, (await Run("vm", "show", "shell-1")).ExitCode);
        Assert.Equal(4, (await Run("vm", "show", id.ToString())).ExitCode);
        await Lab.Invariants.AssertAsync(id);
    }

    [Fact]
    public async Task A_repeated_key_makes_one_vm_and_a_name_of_two_changes_neither()
    {
        string[] create = ["vm", "create", "twin", "--image", Lab.Small().BaseImageUrl, "--memory", "64MiB", "--disk", "256MiB"];
        await Done([.. create, "--idempotency-key", "twin-1"]);
        await Done([.. create, "--idempotency-key", "twin-1"]);
        Assert.Single(await Lab.Api.VmsAsync());
        await Done([.. create, "--idempotency-key", "twin-2"]);
        var both = await Lab.Api.VmsAsync();
        var refused = await Run("vm", "delete", "twin");
        Assert.Equal(2, refused.ExitCode);
        Assert.All(both, vm => Assert.Contains(vm.Id.ToString(), refused.StandardError, StringComparison.Ordinal));
        Assert.Equal(2, (await Lab.Api.VmsAsync()).Count);

        var wrong = await Run("vm", "create", "Not_A_Name", "--image", "ftp://x/y");
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("NAME (name): ", wrong.StandardError, StringComparison.Ordinal);
        Assert.Equal(2, (await Run("vm", "create", "x")).ExitCode);
        foreach (var vm in both)
        {
            await Done("vm", "delete", vm.Id.ToString());
        }

        await Lab.Invariants.AssertAsync([.. both.Select(vm => vm.Id)]);
    }

    [Fact]
    public async Task The_socket_comes_back_after_a_kill_and_who_waits_for_an_operation_sees_its_end_all_the_same()
    {
        var socket = ((SocketLab)Lab).SocketPath;
        string[] overSocket = ["--socket", socket];
        Assert.Equal(0, (await DecloudProgram.RunAsync(["vm", "list", .. overSocket])).ExitCode);
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small() with { UserData = "#cloud-config\n# decloud-test-guest: ignore-power-button\n" })))!;
        await Lab.GuestReadyAsync(vm.Id, 1);

        // The guest holds out for the grace time, so the agent is killed in the middle.
        var stop = DecloudProgram.Command(["vm", "stop", vm.Id.ToString(), .. overSocket]).ExecuteBufferedAsync();
        await Lab.Api.UntilVmAsync(vm.Id, "the stop is stored", TimeSpan.FromSeconds(20), v => v.Intent.State == "stopped");
        await Lab.Agent.Kill9Async();
        Assert.True(File.Exists(socket));
        var away = await DecloudProgram.RunAsync(["vm", "list", .. overSocket]);
        Assert.Equal((3, ""), (away.ExitCode, away.StandardOutput));
        Assert.Equal(5, (await DecloudProgram.RunAsync(["waitready", "--timeout", "200ms", .. overSocket])).ExitCode);
        Assert.Equal(3, (await Run("vm", "list")).ExitCode);

        Lab.Agent.Start();
        Assert.Equal(0, (await DecloudProgram.RunAsync(["waitready", "--timeout", "60s", .. overSocket])).ExitCode);
        var stopped = await stop;
        Assert.True(stopped.ExitCode == 0, stopped.StandardError);
        Assert.Equal("stopped", (await Lab.Api.VmAsync(vm.Id)).Status.State);
        await Lab.RemoveAsync(vm.Id);

        Assert.Equal(0, await Lab.Agent.StopAsync());
        Assert.False(File.Exists(socket));
    }

    private Task<BufferedCommandResult> Run(params string[] arguments) => DecloudProgram.RunAsync([.. arguments, "--url", Url]);

    private async Task<string> Done(params string[] arguments)
    {
        var result = await Run(arguments);
        Assert.True(result.ExitCode == 0, $"decloud {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.StandardError}");
        return result.StandardOutput;
    }
}
