using System.Collections.Immutable;
using System.Net;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.WireGuard;

namespace DeCloud.NodeAgent.Tests.Overlay;

public sealed class BridgePlanSpec
{
    private static readonly VmId Vm = new(Guid.Parse("5e0a2c3a-7f0b-4c57-9a39-9d4c1e0b7a11"));

    internal static readonly VmBridge Target = new(
        "dcoverlay", "our mark vms", "wg0", IPNetwork.Parse("10.80.0.0/16"), new(IPNetwork.Parse("10.80.7.0/24")),
        [new(Vm, IPAddress.Parse("10.80.7.2"))], [IPAddress.Parse("10.80.0.7"), IPAddress.Parse("10.80.0.8")]);

    private static readonly SeenLink Bridge = new("dcoverlay", "bridge", "our mark vms", true, [new(IPAddress.Parse("10.80.7.1"), 24)]) { MacAddress = "52:56:0a:50:07:01" };
    private static readonly SeenLink Tap = new(Vm.OverlayInterfaceName, "tun", null, true, []) { Master = "dcoverlay" };

    [Fact]
    public void The_rules_are_in_force_before_there_is_anything_to_pass() =>
        Assert.Equal(["SetRules", "Make", "Mark", "AddAddress", "SetUp"], Kinds(Seen([], hasRules: false)));

    [Fact]
    public void What_is_as_it_shall_be_is_left_alone() => Assert.Empty(Kinds(Seen([Bridge, Tap])));

    [Fact]
    public void What_was_taken_away_comes_back_and_nothing_else_is_touched()
    {
        Assert.Equal(["SetRules"], Kinds(Seen([Bridge, Tap], hasRules: false)));
        Assert.Equal(["Mark"], Kinds(Seen([Bridge with { Alias = null }])));
        Assert.Equal(["SetUp"], Kinds(Seen([Bridge with { IsUp = false }])));
        Assert.Equal(["RemoveAddress", "AddAddress"], Kinds(Seen([Bridge with { Addresses = [new(IPAddress.Parse("10.80.9.1"), 24)] }])));
        Assert.Equal(["Forward"], Kinds(Seen([Bridge, Tap], tunnelForwards: false)));
    }

    [Fact]
    public void The_interfaces_of_running_guests_are_put_on_a_bridge_that_was_made_anew() =>
        Assert.Equal(new BridgeStep.Attach(Vm.OverlayInterfaceName), Assert.Single(BridgePlan.For(Target, Seen([Bridge, Tap with { Master = null }])).Steps));

    [Fact]
    public void A_bridge_of_ours_under_an_earlier_name_goes() => Assert.Equal(["RemoveLink"], Kinds(Seen([Bridge, Bridge with { Name = "earlier" }])));

    [Fact]
    public void A_foreign_interface_is_refused_and_not_touched()
    {
        foreach (var foreign in new[] { Bridge with { Alias = null, MacAddress = "02:00:00:00:00:01" }, Bridge with { Alias = "somebody's" }, Bridge with { Kind = "tun", Alias = null } })
        {
            var plan = BridgePlan.For(Target, Seen([foreign], hasRules: false));
            Assert.Empty(plan.Steps);
            Assert.Contains("WireGuard:VmBridge", plan.Refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_rules_are_written_as_in_the_golden_file() =>
        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "nftables", "overlay.nft")), BridgeRules.Of("decloud_overlay", Target));

    private static BridgeSighting Seen(ImmutableArray<SeenLink> links, bool hasRules = true, bool tunnelForwards = true) =>
        new(links, ImmutableDictionary<string, bool>.Empty.Add("wg0", tunnelForwards), hasRules);

    private static IEnumerable<string> Kinds(BridgeSighting seen) => BridgePlan.For(Target, seen).Steps.Select(s => s.GetType().Name);
}
