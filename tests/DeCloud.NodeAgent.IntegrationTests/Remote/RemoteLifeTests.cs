using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>The sample orchestrator commands a real agent on real libvirt over mutual TLS.</summary>
public sealed class RemoteLifeTests(RemoteLab lab) : AgentTests(lab), IClassFixture<RemoteLab>
{
    [Fact]
    public async Task A_vm_lives_its_whole_life_over_the_wire()
    {
        await using var orchestrator = new OrchestratorProcess((RemoteLab)Lab);
        await orchestrator.HearsAsync("attached", "node", "node-1");
        await Patience.UntilAsync(
            "the metrics tell that it is attached", TimeSpan.FromSeconds(20), async () => (await Lab.Api.SendAsync(HttpMethod.Get, "/metrics")).Body.Contains("\ndecloud_remote_attached 1\n", StringComparison.Ordinal));
        var id = Guid.NewGuid();
        await ReadyAsync(orchestrator);
        await orchestrator.SayAsync(Create(id, "create-1"));
        await EndsAsync(orchestrator, "create-1");
        Assert.Equal("running", (await Lab.Api.VmAsync(id)).Status.State);
        await Lab.GuestReadyAsync(id, 1);

        await orchestrator.SayAsync($"stop {id} command=stop-1");
        await EndsAsync(orchestrator, "stop-1");
        Assert.Equal("stopped", (await Lab.Api.VmAsync(id)).Status.State);
        await orchestrator.SayAsync($"start {id} command=start-1");
        await EndsAsync(orchestrator, "start-1");
        await orchestrator.SayAsync("report node-1 command=report-1");
        await orchestrator.HearsAsync("vm", "id", id.ToString());
        await orchestrator.SayAsync($"delete {id} command=delete-1");
        await EndsAsync(orchestrator, "delete-1");
        await Lab.Invariants.AssertAsync(id);
    }

    [Fact]
    public async Task A_kill_of_the_agent_in_the_middle_of_commands_loses_nothing_and_doubles_nothing()
    {
        await using var orchestrator = new OrchestratorProcess((RemoteLab)Lab);
        await orchestrator.HearsAsync("attached", "node", "node-1");
        await ReadyAsync(orchestrator);
        var ids = Enumerable.Range(0, 3).Select(_ => Guid.NewGuid()).ToList();
        for (var i = 0; i < ids.Count; i++)
        {
            await orchestrator.SayAsync(Create(ids[i], $"kill-{i}"));
        }

        await orchestrator.HearsAsync("given", "command", "kill-2");
        await Lab.Agent.RestartAsync();
        for (var i = 0; i < ids.Count; i++)
        {
            await orchestrator.HearsAsync("accepted", "command", $"kill-{i}");
            await EndsAsync(orchestrator, $"kill-{i}");
            var history = await Lab.Api.HistoryAsync(ids[i]);
            Assert.Single(history, e => e.Type == "operation-accepted");
        }

        Assert.Equal(ids.Count, orchestrator.Said("accepted").Count);
        await Lab.Invariants.AssertAsync();
    }

    [Fact]
    public async Task Of_two_orchestrators_the_later_epoch_is_obeyed()
    {
        await using var first = new OrchestratorProcess((RemoteLab)Lab);
        await first.HearsAsync("attached", "node", "node-1");
        await using var second = new OrchestratorProcess((RemoteLab)Lab, "spare");
        await second.HearsAsync("attached", "node", "node-1");
        await first.HearsAsync("superseded", "node", "node-1");
        await ReadyAsync(second);
        var id = Guid.NewGuid();
        await first.SayAsync(Create(id, "two-1"));
        await second.SayAsync(Create(id, "two-2"));
        await EndsAsync(second, "two-2");

        Assert.Empty(first.Said("accepted"));
        Assert.Equal("orchestrator:spare", (await Lab.Api.VmAsync(id)).Intent.By);
    }

    [Fact]
    public async Task A_node_with_another_name_is_not_dialled()
    {
        await using var orchestrator = new OrchestratorProcess((RemoteLab)Lab, node: "node-2");
        await Patience.UntilAsync(
            "it says why", TimeSpan.FromSeconds(20), () => Task.FromResult(orchestrator.Log.Contains("another name", StringComparison.Ordinal)), () => orchestrator.Log);
        Assert.Empty(orchestrator.Said("attached"));
        Assert.Empty(orchestrator.Said("restarting"));
    }

    private static async Task ReadyAsync(OrchestratorProcess orchestrator) =>
        await Patience.UntilAsync("the node says that it is ready", TimeSpan.FromSeconds(20), async () =>
        {
            await orchestrator.SayAsync("nodes");
            await Task.Delay(200);
            return orchestrator.Said("node") is [.., var node] && node.TryGetProperty("ready", out var ready) && ready.GetBoolean();
        });

    private static async Task EndsAsync(OrchestratorProcess orchestrator, string command) =>
        Assert.Contains("\"status\":\"succeeded\"", await orchestrator.HearsAsync("ended", "command", command), StringComparison.Ordinal);

    private string Create(Guid id, string command) =>
        $"create on=node-1 id={id} command={command} name=wire vcpus=1 memory={128 << 20} disk={256 << 20} image={((RemoteLab)Lab).ImageUrl} hash={((RemoteLab)Lab).ImageHash}";
}
