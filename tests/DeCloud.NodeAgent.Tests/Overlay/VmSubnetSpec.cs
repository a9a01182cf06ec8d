using System.Net;
using CsCheck;
using DeCloud.NodeAgent.Core.Overlay;
using static DeCloud.NodeAgent.Tests.Overlay.OverlaySamples;

namespace DeCloud.NodeAgent.Tests.Overlay;

public sealed class VmSubnetSpec
{
    private static readonly Gen<VmSubnet> Subnet = Gen.Select(Gen.UInt, Gen.Int[22, 30]).Select((bits, length) => new VmSubnet(OverlayNetworks.Around(new IPAddress(bits), length)));

    [Fact]
    public void The_first_address_is_the_gateways_and_the_second_the_first_VMs()
    {
        var subnet = Of("10.80.7.0/24");
        Assert.Equal(("10.80.7.1", 253L), (subnet.Gateway.ToString(), subnet.Count));
        Assert.Equal("10.80.7.2", subnet.FirstFree([])!.ToString());
        Assert.Equal("10.80.7.3", subnet.FirstFree([IPAddress.Parse("10.80.7.2"), IPAddress.Parse("10.80.7.4"), IPAddress.Parse("10.80.8.3")])!.ToString());
        Assert.Equal(("10.80.7.6", 1L), (Of("10.80.7.4/30").FirstFree([])!.ToString(), Of("10.80.7.4/30").Count));
    }

    [Fact]
    public void However_VMs_come_and_go_no_address_is_given_twice_all_are_given_and_a_freed_one_is_given_again() => Gen.Select(Subnet, Gen.Int[0, int.MaxValue].Array[1, 200]).Sample(
        (subnet, moves) =>
        {
            var held = new List<IPAddress>();
            foreach (var move in moves)
            {
                if (move % 3 == 0 && held.Count > 0)
                {
                    var freed = held[move % held.Count];
                    held.Remove(freed);
                    Assert.NotNull(subnet.FirstFree(held));
                    continue;
                }

                var given = subnet.FirstFree(held);
                Assert.Equal(held.Count == subnet.Count, given is null);
                if (given is not null)
                {
                    Assert.DoesNotContain(given, held);
                    Assert.True(subnet.Gives(given) && subnet.Network.Contains(given) && !given.Equals(subnet.Gateway) && !given.Equals(subnet.Network.BaseAddress));
                    held.Add(given);
                }
            }
        },
        iter: 300);

    [Theory]
    [InlineData("10.80.7.0", false)]
    [InlineData("10.80.7.1", false)]
    [InlineData("10.80.7.2", true)]
    [InlineData("10.80.7.254", true)]
    [InlineData("10.80.7.255", false)]
    [InlineData("10.80.8.2", false)]
    [InlineData("fd00::2", false)]
    public void Only_what_is_neither_network_gateway_nor_broadcast_is_given(string address, bool isGiven) => Assert.Equal(isGiven, Of("10.80.7.0/24").Gives(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.80.7.0/24", null)]
    [InlineData("10.80.7.0/30", null)]
    [InlineData("10.80.7.0/31", "no room")]
    [InlineData("10.80.0.0/24", "own address")]
    [InlineData("10.80.0.0/16", "no part of the overlay")]
    [InlineData("10.81.7.0/24", "no part of the overlay")]
    public void A_subnet_is_a_part_of_the_overlay_that_the_node_itself_is_not_in(string network, string? objection)
    {
        var said = VmSubnet.Objection(IPNetwork.Parse(network), Address);
        Assert.Equal(objection is null, said is null);
        Assert.Contains(objection ?? "", said ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_overlay_of_IPv4_there_is_no_subnet()
    {
        Assert.Contains("WireGuard:Address", VmSubnet.Objection(IPNetwork.Parse("10.80.7.0/24"), null), StringComparison.Ordinal);
        Assert.Contains("IPv6", VmSubnet.Objection(IPNetwork.Parse("10.80.7.0/24"), new(IPAddress.Parse("fd00::7"), 64)), StringComparison.Ordinal);
    }

    [Fact]
    public void No_peer_may_claim_what_is_the_VMs()
    {
        var settings = Settings with { VmSubnet = Of("10.80.7.0/24") };
        foreach (var claim in new[] { "10.80.7.0/24", "10.80.7.9/32", "10.80.4.0/22" })
        {
            Assert.Contains("10.80.7.0/24", Assert.Single(OverlayRules.Check(settings, new(null, [claim], 0))).Reason, StringComparison.Ordinal);
        }

        Assert.Empty(OverlayRules.Check(settings, new(null, ["10.80.0.8/32", "10.80.8.0/24"], 0)));
    }

    [Fact]
    public void A_peers_single_addresses_are_nodes_and_its_networks_are_not()
    {
        var state = new OverlayState { Peers = new OverlayState().Peers.Add("a", Peer() with { AllowedIps = ["10.80.0.8/32", "10.80.8.0/24"] }).Add("b", Peer(2) with { AllowedIps = ["10.80.0.9/32"] }) };
        Assert.Equal(["10.80.0.7", "10.80.0.8", "10.80.0.9"], state.Nodes(Settings).Select(a => a.ToString()));
    }

    private static VmSubnet Of(string network) => new(IPNetwork.Parse(network));
}
