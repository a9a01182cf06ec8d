using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Ports;

public sealed class NetworkPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly VmId A = new(Guid.Parse("00000000-0000-4000-8000-00000000000a"));
    private static readonly VmId B = new(Guid.Parse("00000000-0000-4000-8000-00000000000b"));
    private static readonly PortTable Table = new PortTable()
        .Apply(new PortEvents.Allocated(A, 80, PortProtocol.Tcp, 40000, null, new Request("k", "h", "api"), Now))
        .Apply(new PortEvents.Pointed(A, "192.168.122.2", Now));

    [Theory]
    [InlineData(null, "", "192.168.122.2")]
    [InlineData(false, "", "192.168.122.2")]
    [InlineData(true, "", null)]
    [InlineData(false, "192.168.122.9", "192.168.122.2")]
    [InlineData(false, "fe80::1,192.168.122.2", "192.168.122.2")]
    public void A_port_leads_to_the_address_that_was_stored_last_unless_the_VM_is_down(bool? isDown, string addresses, string? expected)
    {
        var rules = Rules(vm => vm == A && isDown is { } down ? new(down, addresses.Split(',', StringSplitOptions.RemoveEmptyEntries)) : null, A);
        Assert.Equal(expected, rules.Forwards.SingleOrDefault()?.Address.ToString());
        Assert.Equal(expected, Assert.Single(rules.Guests).Address?.ToString());
    }

    [Fact]
    public void An_address_that_another_VM_has_now_is_not_kept_for_the_one_that_had_it()
    {
        var table = Table.Apply(new PortEvents.Pointed(B, "192.168.122.2", Now));
        var rules = NetworkPlan.Rules("virbr0", true, new(), table, [A, B], vm => vm == B ? new(false, ["192.168.122.2"]) : new(false, []));
        Assert.Empty(rules.Forwards);
        Assert.Equal([null, "192.168.122.2"], rules.Guests.Select(g => g.Address?.ToString()));
    }

    [Fact]
    public void Only_a_new_address_is_a_fact_to_store()
    {
        Assert.Empty(NetworkPlan.Point(Table, [A, B], vm => vm == A ? new(false, ["192.168.122.2"]) : null, Now));
        Assert.Equal([new PortEvents.Pointed(A, "192.168.122.3", Now)], NetworkPlan.Point(Table, [A, B], vm => vm == A ? new(false, ["::1", "192.168.122.3"]) : null, Now));
    }

    [Fact]
    public void Rules_that_say_the_same_are_equal()
    {
        Assert.Equal(Rules(_ => null, A, B), Rules(_ => null, B, A));
        Assert.NotEqual(Rules(_ => null, A, B), Rules(_ => null, A));
    }

    private static NetworkRules Rules(Func<VmId, SeenVm?> see, params VmId[] vms) => NetworkPlan.Rules("virbr0", true, new(), Table, vms, see);
}
