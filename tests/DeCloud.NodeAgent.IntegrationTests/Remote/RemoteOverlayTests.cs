using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>Orchestrators rule the overlay of a real agent: its peers over mutual TLS, and VMs in it by both ways.</summary>
public sealed class RemoteOverlayTests(RemoteOverlayLab lab) : AgentTests(lab), IClassFixture<RemoteOverlayLab>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task An_orchestrator_makes_a_node_a_peer_moves_it_and_takes_it_away()
    {
        await using var orchestrator = new OrchestratorProcess(lab);
        await orchestrator.HearsAsync("attached", "node", "node-1");
        var key = await MeetAsync(orchestrator, "peers-1");
        await Patience.UntilAsync("the other node answers", Soon, () => RemoteOverlayLab.ReachesAsync(lab.Other.Address), () => lab.Agent.Log);
        Assert.True(await lab.Other.ReachesAsync(RemoteOverlayLab.Address));

        // The same id and other peers is another command under a used id.
        await orchestrator.SayAsync("peers node-1 remove=" + key + " command=peers-1");
        await orchestrator.HearsAsync("refused", "command", "peers-1");
        Assert.Equal([key], (await lab.ShowAsync()).Peers.Select(p => p.PublicKey));

        // Networks that lie outside of the overlay are nobody's to speak for, and nothing of such a command holds.
        await orchestrator.SayAsync($"peers node-1 remove={key} add={key[..^2]}A=,192.168.0.0/24 command=peers-2");
        await orchestrator.HearsAsync("refused", "command", "peers-2");
        Assert.True(await RemoteOverlayLab.ReachesAsync(lab.Other.Address));

        await lab.Other.MoveAsync("192.0.2.77");
        await orchestrator.SayAsync(PeersLine(key, "peers-3"));
        await orchestrator.HearsAsync("accepted", "command", "peers-3");
        await Patience.UntilAsync("the other node answers from where it is now", Soon, () => RemoteOverlayLab.ReachesAsync(lab.Other.Address), () => lab.Agent.Log);

        await orchestrator.SayAsync($"peers node-1 remove={key} command=peers-4");
        await orchestrator.HearsAsync("accepted", "command", "peers-4");
        Assert.Empty((await lab.ShowAsync()).Peers);
        await Patience.UntilAsync("the other node does not answer", Soon, async () => !await RemoteOverlayLab.ReachesAsync(lab.Other.Address), () => lab.Agent.Log);
    }

    [Fact]
    public async Task VMs_of_both_kinds_of_orchestrator_are_in_the_overlay_and_answer_there()
    {
        await using var orchestrator = new OrchestratorProcess(lab);
        await orchestrator.HearsAsync("attached", "node", "node-1");
        await MeetAsync(orchestrator, "meet-1");
        var (remote, http) = (Guid.NewGuid(), Guid.NewGuid());
        await orchestrator.SayAsync(
            $"create on=node-1 id={remote} command=vm-1 name=remote vcpus=1 memory={128 << 20} disk={256 << 20} image={lab.ImageUrl} hash={lab.ImageHash} overlay=true");
        Assert.Contains("\"status\":\"succeeded\"", await orchestrator.HearsAsync("ended", "command", "vm-1"), StringComparison.Ordinal);
        await lab.GuestReadyAsync(remote, 1);

        await Patience.UntilAsync("the node is logged in", TimeSpan.FromSeconds(120), () => Task.FromResult(lab.HttpOrchestrator.IsLoggedIn), () => lab.Agent.Log);
        var order = lab.HttpOrchestrator.Queue(
            OrchestratorCommandType.CreateVm,
            $$"""{"VmId":"{{http}}","Name":"http","VirtualCpuCores":1,"MemoryBytes":{{128 << 20}},"DiskBytes":{{256 << 20}},"BaseImageUrl":"{{lab.HttpOrchestrator.Url}}images/small.qcow2","Overlay":true}""");
        await Patience.UntilAsync(
            "the result is told", Soon, () => Task.FromResult(lab.HttpOrchestrator.Acks.Any(a => a.GetProperty("commandId").GetString() == order && a.GetProperty("success").GetBoolean())), () => lab.Agent.Log);
        await lab.GuestReadyAsync(http, 1);

        foreach (var id in new[] { remote, http })
        {
            var address = (await lab.Api.VmAsync(id)).OverlayAddress;
            Assert.StartsWith("10.80.9.", address, StringComparison.Ordinal);
            await Patience.UntilAsync($"the VM answers the other node at {address}", Soon, () => lab.Other.ReachesAsync(address!), () => lab.Agent.Log);
        }

        Assert.Equal(new[] { remote, http }.Order(), (await lab.ShowAsync()).Vms!.Attached.Select(a => a.VmId).Order());
        await lab.Invariants.AssertAsync();
    }

    /// <summary>Has the two nodes know each other: this one by a command, the other by its own API.</summary>
    private async Task<string> MeetAsync(OrchestratorProcess orchestrator, string command)
    {
        var key = (await lab.Other.ShowAsync()).PublicKey!;
        await lab.Other.PeerWithAsync(
            (await lab.ShowAsync()).PublicKey!,
            new() { Endpoint = $"{RemoteOverlayLab.Underlay}:51820", AllowedIps = [RemoteOverlayLab.Address, RemoteOverlayLab.Subnet], KeepaliveSeconds = 1 });
        await orchestrator.SayAsync(PeersLine(key, command));
        Assert.Contains("\"status\":\"succeeded\"", await orchestrator.HearsAsync("accepted", "command", command), StringComparison.Ordinal);
        return key;
    }

    private string PeersLine(string key, string command) => $"peers node-1 add={key}@{lab.Other.Underlay}:51820,{lab.Other.Address}/32,keepalive:1 command={command}";
}
