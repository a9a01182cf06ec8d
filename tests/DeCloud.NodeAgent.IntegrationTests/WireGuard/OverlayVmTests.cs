using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>VMs in the overlay of three real nodes. Every test leaves it as it found it: each VM reaches each.</summary>
public sealed class OverlayVmTests(OverlayVmLab lab) : IClassFixture<OverlayVmLab>
{
    /// <summary>How long the overlay may take to heal itself.</summary>
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(30);

    private OverlayVmNode A => lab.Nodes[0];

    private OverlayVmNode B => lab.Nodes[1];

    private OverlayVmNode C => lab.Nodes[2];

    private VmResource Vm => lab.OnFirst;

    private VmResource Neighbour => lab.AlsoOnFirst;

    private VmResource Far => lab.OnSecond;

    [Fact]
    public async Task VMs_reach_each_other_on_one_node_and_across_nodes_and_the_node_says_who_is_attached()
    {
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
        Assert.True(await B.PingsAsync(Far, Vm.OverlayAddress!));
        Assert.True(await B.PingsAsync(Far, Neighbour.OverlayAddress!));
        Assert.True(await A.PingsAsync(Vm, Neighbour.OverlayAddress!));
        Assert.True(await A.ReachesAsync(Vm, $"{Far.OverlayAddress}:80"));

        var shown = (await A.ShowAsync()).Vms!;
        Assert.Equal(("up", A.Subnet, A.Gateway, 251L), (shown.State, shown.Subnet, shown.Gateway, shown.FreeAddresses));
        Assert.Equal(new[] { Vm, Neighbour }.Select(v => (v.Id, v.OverlayAddress!)).Order(), shown.Attached.Select(a => (a.VmId, a.Address)).Order());
        Assert.Equal(["10.80.1.2", "10.80.1.3"], shown.Attached.Select(a => a.Address).Order(StringComparer.Ordinal));

        // Its host and those of other nodes may call a VM.
        Assert.True(await A.HostReachesAsync($"{Vm.OverlayAddress}:80"));
        Assert.True(await C.HostReachesAsync($"{Vm.OverlayAddress}:80"));
    }

    [Fact]
    public async Task Through_the_overlay_a_VM_reaches_no_host_no_private_network_and_nobody_under_a_false_address()
    {
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
        Assert.True(await C.HostReachesAsync($"{A.Address}:{OverlayVmNode.ServerPort}"), "The host's server should be open to other nodes, else nothing is shown.");
        foreach (var target in new[]
        {
            $"{A.Gateway}:{OverlayVmNode.ServerPort}",
            $"{A.Address}:{OverlayVmNode.ServerPort}",
            $"{A.Underlay}:{OverlayVmNode.ServerPort},,{A.Gateway}",
            $"{B.Address}:{OverlayVmNode.ServerPort}",
            $"{C.Address}:{OverlayVmNode.ServerPort}",
            $"{A.Provider}:{OverlayVmNode.ServerPort},,{A.Gateway}",
            $"{C.Underlay}:{OverlayVmNode.ServerPort},,{A.Gateway}",
            $"{Far.OverlayAddress}:80,10.80.1.77",
            $"{Far.OverlayAddress}:80,{Neighbour.OverlayAddress}",
            $"{Far.OverlayAddress}:80,{C.Address}",
            $"{Neighbour.OverlayAddress}:80,10.80.1.77",
        })
        {
            Assert.False(await A.ReachesAsync(Vm, target), target);
        }

        Assert.False(await A.PingsAsync(Vm, A.Gateway));
        Assert.False(await A.ProviderReachesAsync($"{Vm.OverlayAddress}:80"));

        // The same connections open where they should, so that the probes are no vain ones.
        Assert.True(await A.ReachesAsync(Vm, $"{Far.OverlayAddress}:80"));
        Assert.True(await A.ReachesAsync(Vm, $"{Neighbour.OverlayAddress}:80"));
        Assert.True(await A.HostReachesAsync($"{A.Provider}:{OverlayVmNode.ServerPort}"));
    }

    [Fact]
    public async Task A_deleted_tunnel_a_deleted_bridge_and_flushed_rules_come_back_and_the_VMs_with_them()
    {
        await A.InsideAsync("ip", "link", "del", A.Interface);
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
        await A.InsideAsync("ip", "link", "del", OverlayVmNode.Bridge);
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
        await A.PingAsync(Neighbour, Far.OverlayAddress!, Healing);
        await A.InsideAsync("nft", "delete", "table", "bridge", "decloud_overlay");
        await A.InsideAsync("nft", "delete", "table", "inet", "decloud_overlay");
        await Patience.UntilAsync("the rules are back", Healing, async () => (await A.InsideAsync("nft", "list", "tables")).Split("decloud_overlay").Length == 3, () => A.Agent.Log);
        Assert.False(await A.ReachesAsync(Vm, $"{A.Gateway}:{OverlayVmNode.ServerPort}"));
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
    }

    [Fact]
    public async Task VMs_reach_each_other_again_after_a_peer_moved_and_after_it_has_another_key()
    {
        var (old, moved) = (B.Underlay, "192.0.2.77");
        await B.MoveAsync(moved);
        await A.PeerWithAsync(B);
        await C.PeerWithAsync(B);
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
        await B.MoveAsync(old);
        await A.PeerWithAsync(B);
        await C.PeerWithAsync(B);
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);

        var key = (await B.ShowAsync()).PublicKey!;
        await B.RotateAsync();
        foreach (var node in new[] { A, C })
        {
            await node.ForgetAsync(key);
            await node.PeerWithAsync(B);
        }

        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
        await B.PingAsync(Far, Neighbour.OverlayAddress!, Healing);
    }

    [Fact]
    public async Task An_agent_that_is_killed_and_a_libvirtd_that_starts_again_cut_no_VM_off_and_addresses_stay()
    {
        await A.PingAsync(Vm, Far.OverlayAddress!, Healing);
        await A.Agent.Kill9Async();
        Assert.True(await A.PingsAsync(Vm, Far.OverlayAddress!));
        Assert.False(await A.ReachesAsync(Vm, $"{A.Gateway}:{OverlayVmNode.ServerPort}"));
        await A.Agent.StartReadyAsync();
        await A.UpAsync();
        Assert.True(await A.PingsAsync(Vm, Far.OverlayAddress!));
        Assert.Equal(Vm.OverlayAddress, (await A.Api.VmAsync(Vm.Id)).OverlayAddress);
        await A.Host.KillLibvirtdAsync();
        await A.Host.StartLibvirtdAsync();
        await A.Agent.ReadyAsync();
        Assert.True(await A.PingsAsync(Vm, Far.OverlayAddress!));
        Assert.True(await A.PingsAsync(Neighbour, Vm.OverlayAddress!));
    }
}
