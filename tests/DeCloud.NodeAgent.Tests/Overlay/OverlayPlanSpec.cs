using System.Net;
using DeCloud.NodeAgent.Core.Overlay;
using static DeCloud.NodeAgent.Tests.Overlay.OverlaySamples;

namespace DeCloud.NodeAgent.Tests.Overlay;

public sealed class OverlayPlanSpec
{
    private static readonly OverlayTarget One = Target(new TargetPeer(Peer(), null, false));

    [Fact]
    public void A_host_without_the_interface_gets_it_marked_before_it_gets_anything_else()
    {
        var plan = OverlayPlan.For(One, Sighting(null), Now);
        Assert.Equal(["MakeLink", "Mark", "Configure", "AddAddress", "SetUp"], Kinds(plan));
        var change = Assert.IsType<OverlayStep.Configure>(plan.Steps[2]).Change;
        Assert.Equal((Private, 51820, 1), (change.PrivateKey, change.ListenPort, change.Set.Length));
    }

    [Fact]
    public void What_is_as_it_shall_be_is_left_alone() => Assert.Empty(OverlayPlan.For(One, Sighting(Device(Seen(Peer())), false, Link()), Now).Steps);

    [Theory]
    [InlineData(false, "our mark", "10.80.0.7/16", "SetUp")]
    [InlineData(true, null, "10.80.0.7/16", "Mark")]
    [InlineData(true, "our mark", "10.80.0.8/16", "RemoveAddress,AddAddress")]
    public void What_was_taken_away_comes_back_and_nothing_else_is_touched(bool isUp, string? alias, string address, string expected)
    {
        Assert.True(InterfaceAddress.TryParse(address, out var seen));
        Assert.Equal(expected.Split(','), Kinds(OverlayPlan.For(One, Sighting(Device(Seen(Peer())), false, Link("wg0", alias, isUp, seen)), Now)));
    }

    [Fact]
    public void An_interface_of_ours_that_wireguard_no_longer_answers_for_is_made_anew() =>
        Assert.Equal(["RemoveLink", "MakeLink", "Mark", "Configure", "AddAddress", "SetUp"], Kinds(OverlayPlan.For(One, Sighting(null, false, Link()), Now)));

    [Fact]
    public void An_interface_of_ours_under_an_earlier_name_goes() =>
        Assert.Equal(["RemoveLink"], Kinds(OverlayPlan.For(One, Sighting(Device(Seen(Peer())), false, Link(), Link("wg-old")), Now)));

    [Fact]
    public void A_foreign_interface_is_refused_with_the_reason_and_not_touched()
    {
        var foreign = Device(Seen(Peer(9))) with { PublicKey = Key(8) };
        foreach (var seen in new[] { Sighting(foreign, false, Link(alias: null)), Sighting(null, false, Link(alias: null)), Sighting(Device(), false, Link(alias: "decloud-agent of another")), Sighting(foreign, true, Link(alias: null)) })
        {
            var plan = OverlayPlan.For(One, seen, Now);
            Assert.Empty(plan.Steps);
            Assert.Contains("WireGuard:InterfaceName", plan.Refusal, StringComparison.Ordinal);
        }

        Assert.Empty(OverlayPlan.ForNone("our mark", Sighting(foreign, false, Link(alias: null))).Steps);
    }

    [Fact]
    public void An_interface_that_was_made_and_not_marked_before_a_crash_is_ours_only_by_the_note()
    {
        var bare = new SeenDevice(null, 0, []);
        Assert.NotNull(OverlayPlan.For(One, Sighting(bare, false, Link(alias: null)), Now).Refusal);
        Assert.Equal("Mark", Kinds(OverlayPlan.For(One, Sighting(bare, true, Link(alias: null)), Now)).First());
    }

    [Fact]
    public void A_node_that_leaves_the_overlay_removes_what_it_made() => Assert.Equal(["RemoveLink"], Kinds(OverlayPlan.ForNone("our mark", Sighting(null, false, Link()))));

    [Fact]
    public void Only_what_differs_is_changed()
    {
        var target = Target(new TargetPeer(Peer(1), null, false), new TargetPeer(Peer(2), null, false), new TargetPeer(Peer(3), null, false));
        var change = WgChange.Between(target, Device(Seen(Peer(1)), Seen(Peer(2), keepalive: 0), Seen(Peer(9))), Now);
        Assert.Equal((null, null), (change.PrivateKey, change.ListenPort));
        Assert.Equal([Key(2), Key(3)], change.Set.Select(s => s.Peer.PublicKey));
        Assert.Equal([Key(9)], change.Remove.ToArray());
    }

    [Theory]
    [InlineData("allowed")]
    [InlineData("keepalive")]
    [InlineData("psk-missing")]
    [InlineData("psk-unwanted")]
    [InlineData("key")]
    [InlineData("port")]
    public void Every_difference_is_seen(string what)
    {
        var target = Target(new TargetPeer(Peer(), what == "psk-missing" ? Shared : null, false));
        var peer = what switch
        {
            "allowed" => Seen(Peer(), allowed: ["10.80.1.0/25"]),
            "keepalive" => Seen(Peer(), keepalive: 5),
            "psk-unwanted" => Seen(Peer(), psk: Shared),
            _ => Seen(Peer()),
        };
        var device = new SeenDevice(what == "key" ? Key(7) : Own, what == "port" ? 1 : 51820, [peer]);
        var change = WgChange.Between(target, device, Now);
        Assert.Equal((what == "key", what == "port", what is "key" or "port"), (change.PrivateKey is not null, change.ListenPort is not null, change.Set.IsEmpty));
    }

    [Theory]
    [InlineData("192.0.2.1:51820", 60, false, false)]
    [InlineData("192.0.2.99:51820", 60, false, false)]
    [InlineData("192.0.2.99:51820", 60, true, true)]
    [InlineData("192.0.2.99:51820", 181, false, true)]
    [InlineData(null, 60, false, true)]
    public void A_peer_that_roams_stays_where_it_was_heard_of_while_its_session_lives(string? heardAt, int age, bool isNew, bool isSet)
    {
        var seen = Seen(Peer(), TimeSpan.FromSeconds(age)) with { Endpoint = heardAt };
        var change = WgChange.Between(Target(new TargetPeer(Peer(), null, isNew)), Device(seen), Now);
        Assert.Equal(isSet, change.Set.Any(s => s.SetsEndpoint));
    }

    [Fact]
    public void The_text_says_every_value_since_wg_leaves_what_it_is_not_told()
    {
        var change = WgChange.Between(Target(new TargetPeer(Peer(1), Shared, false), new TargetPeer(Peer(2, null, 0), null, false)), null, Now);
        Assert.Equal(
            $"""
            [Interface]
            PrivateKey = {Private.Reveal()}
            ListenPort = 51820
            [Peer]
            PublicKey = {Key(1)}
            PresharedKey = {Shared.Reveal()}
            AllowedIPs = 10.80.1.0/24
            Endpoint = 192.0.2.1:51820
            PersistentKeepalive = 25
            [Peer]
            PublicKey = {Key(2)}
            PresharedKey = AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
            AllowedIPs = 10.80.2.0/24
            PersistentKeepalive = off

            """,
            change.ToText());
    }

    [Fact]
    public void The_file_for_the_app_of_windows_holds_the_whole_tunnel() => Assert.Equal(
        $"""
        [Interface]
        PrivateKey = {Private.Reveal()}
        ListenPort = 51820
        Address = 10.80.0.7/16

        [Peer]
        PublicKey = {Key(1)}
        PresharedKey = {Shared.Reveal()}
        AllowedIPs = 10.80.1.0/24
        Endpoint = 192.0.2.1:51820
        PersistentKeepalive = 25

        [Peer]
        PublicKey = {Key(2)}
        AllowedIPs = 10.80.2.0/24

        """,
        TunnelFile.Text(Target(new TargetPeer(Peer(1), Shared, false), new TargetPeer(Peer(2, null, 0), null, false))));

    [Theory]
    [InlineData(180, 0, false, PeerLiveness.Connected)]
    [InlineData(181, 0, false, PeerLiveness.Idle)]
    [InlineData(181, 25, false, PeerLiveness.Stale)]
    [InlineData(181, 0, true, PeerLiveness.Stale)]
    [InlineData(null, 0, false, PeerLiveness.Idle)]
    [InlineData(null, 25, false, PeerLiveness.Stale)]
    public void A_session_is_stale_when_something_should_have_renewed_it(int? age, int keepalive, bool isSending, PeerLiveness expected) =>
        Assert.Equal(expected, PeerLivenesses.Of(age is { } seconds ? Now - TimeSpan.FromSeconds(seconds) : null, Now, keepalive, isSending));

    private static IEnumerable<string> Kinds(OverlayPlan plan) => plan.Steps.Select(s => s.GetType().Name);
}
