using System.Net;
using CsCheck;
using DeCloud.NodeAgent.Core.Overlay;
using static DeCloud.NodeAgent.Tests.Overlay.OverlaySamples;

namespace DeCloud.NodeAgent.Tests.Overlay;

public sealed class OverlayRuleSpec
{
    [Theory]
    [InlineData("192.0.2.1:51820", true)]
    [InlineData("10.0.0.5:1", true)]
    [InlineData("[2001:db8::1]:51820", true)]
    [InlineData("192.0.2.1", false)]
    [InlineData("192.0.2.1:0", false)]
    [InlineData("192.0.2.1:65536", false)]
    [InlineData("192.0.2.1:+5", false)]
    [InlineData("192.0.2:51820", false)]
    [InlineData("node.example:51820", false)]
    [InlineData("2001:db8::1:51820", false)]
    [InlineData("[fe80::1%eth0]:51820", false)]
    [InlineData("127.0.0.1:51820", false)]
    [InlineData("[::1]:51820", false)]
    [InlineData("[::ffff:127.0.0.1]:51820", false)]
    [InlineData("169.254.169.254:80", false)]
    [InlineData("0.0.0.0:51820", false)]
    [InlineData("224.0.0.1:51820", false)]
    [InlineData("255.255.255.255:51820", false)]
    [InlineData("10.80.3.4:51820", false)]
    [InlineData("192.0.2.1:51820\nAllowedIPs = 0.0.0.0/0", false)]
    public void An_endpoint_is_the_address_of_another_machine_outside_of_the_overlay(string endpoint, bool isTaken) =>
        Assert.Equal(isTaken ? [] : ["endpoint"], Fields(new(endpoint, ["10.80.1.0/24"], 0)));

    [Theory]
    [InlineData("10.80.1.0/24", true)]
    [InlineData("10.80.1.1", true)]
    [InlineData("10.80.1.1/32", true)]
    [InlineData("10.80.1.1/24", false)]
    [InlineData("0.0.0.0/0", false)]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("10.80.0.0/16", false)]
    [InlineData("10.80.0.7/32", false)]
    [InlineData("10.80.0.0/24", false)]
    [InlineData("10.81.1.0/24", false)]
    [InlineData("::/0", false)]
    [InlineData("fd00::/64", false)]
    [InlineData("10.80.1", false)]
    [InlineData("", false)]
    [InlineData("10.80.1.0/24, 0.0.0.0/0", false)]
    [InlineData("10.80.1.0/24\nEndpoint = 192.0.2.9:1", false)]
    public void Allowed_ips_lie_in_the_overlay_and_leave_out_the_node_itself(string allowed, bool isTaken) =>
        Assert.Equal(isTaken ? [] : ["allowedIps"], Fields(new(null, [allowed], 0)));

    [Fact]
    public void The_number_of_allowed_ips_is_bounded_and_they_do_not_overlap_among_themselves()
    {
        Assert.Equal(["allowedIps"], Fields(new(null, [], 0)));
        Assert.Equal(["allowedIps"], Fields(new(null, [.. Enumerable.Range(0, 65).Select(i => $"10.80.9.{i}")], 0)));
        Assert.Equal(["allowedIps"], Fields(new(null, ["10.80.1.0/24", "10.80.1.5"], 0)));
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(65535, true)]
    [InlineData(65536, false)]
    public void A_keepalive_fits_into_sixteen_bits(int seconds, bool isTaken) => Assert.Equal(isTaken ? [] : ["keepaliveSeconds"], Fields(new(null, ["10.80.1.0/24"], seconds)));

    [Fact]
    public void Nobody_speaks_for_what_is_anothers_and_a_peer_may_change_its_own()
    {
        OverlayPeer[] others = [Peer(1), Peer(2)];
        Assert.Null(OverlayRules.Conflict(Own, others, Key(3), ["10.80.3.0/24"]));
        Assert.Null(OverlayRules.Conflict(Own, others, Key(1), ["10.80.1.0/25"]));
        Assert.Contains(Key(2).Text, OverlayRules.Conflict(Own, others, Key(1), ["10.80.2.9/32"]), StringComparison.Ordinal);
        Assert.Contains("overlap", OverlayRules.Conflict(Own, others, Key(3), ["10.80.0.0/20"]), StringComparison.Ordinal);
        Assert.Contains("own", OverlayRules.Conflict(Own, others, Own, ["10.80.3.0/24"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_asked_for_no_address_ever_belongs_to_two()
    {
        var wish = Gen.Select(Gen.Byte[1, 12], Gen.Int[16, 32], Gen.UInt[0x0a4f0000, 0x0a520000]).Array[0, 60];
        wish.Sample(wishes =>
        {
            var state = new OverlayState();
            foreach (var (number, length, address) in wishes)
            {
                var network = OverlayNetworks.Around(new IPAddress([(byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address]), length);
                var asked = new PeerWish(null, [network.ToString()], 0);
                if (OverlayRules.Check(Settings, asked).Count == 0 && OverlayRules.Conflict(Own, state.Peers.Values, Key(number), asked.AllowedIps) is null)
                {
                    state = state.Apply(new OverlayEvents.PeerSet(new(Key(number), null, OverlayRules.Canonical(asked.AllowedIps), 0, null), new("k", "h", "t"), Now));
                }
            }

            var all = state.Peers.Values.SelectMany(p => p.AllowedIps).Select(IPNetwork.Parse).ToList();
            return all.All(n => Address.Network.Holds(n) && !n.Contains(Address.Address)) && all.All(n => all.Count(other => other.Meets(n)) == 1);
        });
    }

    [Fact]
    public void Networks_are_kept_in_one_form_and_order() =>
        Assert.Equal(["10.80.1.0/24", "10.80.2.5/32", "10.80.10.0/24"], OverlayRules.Canonical(["10.80.10.0/24", "10.80.2.5", "10.80.1.0/24"]).ToArray());

    private static IEnumerable<string> Fields(PeerWish wish) => OverlayRules.Check(Settings, wish).Select(o => o.Field).Distinct();
}
