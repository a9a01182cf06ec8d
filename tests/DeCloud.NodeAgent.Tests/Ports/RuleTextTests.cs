using System.Net;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Nftables;

namespace DeCloud.NodeAgent.Tests.Ports;

public sealed class RuleTextTests
{
    private static readonly VmId A = new(Guid.Parse("5e0a2c3a-7f0b-4c57-9a39-9d4c1e0b7a11"));
    private static readonly VmId B = new(Guid.Parse("6f0a2c3a-7f0b-4c57-9a39-9d4c1e0b7a11"));

    private static readonly NetworkRules Rules = new(
        "virbr0",
        true,
        [IPNetwork.Parse("10.20.0.0/16")],
        40000,
        41999,
        [new(A, IPAddress.Parse("192.168.122.5")), new(B, null)],
        [new(40000, PortProtocol.Tcp, IPAddress.Parse("192.168.122.5"), 80), new(40001, PortProtocol.Both, IPAddress.Parse("192.168.122.5"), 53)]);

    [Theory]
    [InlineData("isolated", true)]
    [InlineData("forwards-only", false)]
    public void The_rules_are_written_as_in_the_golden_files(string name, bool isIsolated) =>
        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "nftables", name + ".nft")), RuleText.Of("decloud", Rules with { IsIsolated = isIsolated }));

    [Fact]
    public void Nothing_wanted_leaves_no_table() =>
        Assert.Equal(
            "table inet x\ndelete table inet x\ntable bridge x\ndelete table bridge x\n",
            RuleText.Of("x", Rules with { IsIsolated = false, Forwards = [] }));

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("\"; flush ruleset; #")]
    [InlineData("sixteen-letters-")]
    public void A_bridge_whose_name_could_be_more_than_a_name_is_refused(string bridge) =>
        Assert.Equal(FailureCodes.PacketFilterUnavailable, Assert.Throws<FailureException>(() => RuleText.Of("decloud", Rules with { Bridge = bridge })).Failure.Code);

    [Fact]
    public void The_rule_in_libvirts_chain_is_put_before_its_reject_and_only_when_ports_are_forwarded()
    {
        const string Libvirt = "-N LIBVIRT_FWI\n-A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable\n";
        const string Rule = "-o virbr0 -m conntrack --ctstate DNAT --ctorigdstport 40000:41999 -m comment --comment decloud-agent-decloud -j ACCEPT\n";
        const string Ours = "-A LIBVIRT_FWI " + Rule;
        const string Begin = "*filter\n";
        const string Delete = "-D LIBVIRT_FWI " + Rule;
        const string Insert = "-I LIBVIRT_FWI 1 " + Rule;
        const string Commit = "COMMIT\n";

        Assert.Null(LibvirtFirewall.Repair(null, "decloud", Rules));
        Assert.Equal(Begin + Insert + Commit, LibvirtFirewall.Repair(Libvirt, "decloud", Rules));
        Assert.Null(LibvirtFirewall.Repair("-N LIBVIRT_FWI\n" + Ours + Libvirt[15..], "decloud", Rules));

        // libvirt puts its own rules first whenever it starts; the rule is moved in one transaction.
        Assert.Equal(Begin + Delete + Insert + Commit, LibvirtFirewall.Repair(Libvirt + Ours, "decloud", Rules));
        Assert.Equal(Begin + Delete + Delete + Insert + Commit, LibvirtFirewall.Repair(Ours + Libvirt + Ours, "decloud", Rules));
        Assert.Equal(Begin + Delete + Commit, LibvirtFirewall.Repair(Libvirt + Ours, "decloud", Rules with { Forwards = [] }));
        Assert.Equal(
            Begin + Delete.Replace("41999", "50000", StringComparison.Ordinal) + Insert + Commit,
            LibvirtFirewall.Repair(Libvirt + Ours.Replace("41999", "50000", StringComparison.Ordinal), "decloud", Rules));

        // Another agent's rule is another's.
        Assert.Null(LibvirtFirewall.Repair(Libvirt + Ours.Replace("agent-decloud", "agent-decloud_2", StringComparison.Ordinal), "decloud", Rules with { Forwards = [] }));
    }

    [Fact]
    public void The_rule_in_libvirts_own_table_is_put_before_its_reject_too()
    {
        var recorded = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Fixtures", "nftables", "libvirt-guest-input.txt"));
        const string Insert = "insert rule ip libvirt_network guest_input oifname \"virbr0\" meta l4proto { tcp, udp } ct status dnat ct original proto-dst 40000-41999 accept comment \"decloud-agent-decloud virbr0 40000-41999\"\n";
        const string Ours = "\t\toifname \"virbr0\" meta l4proto { tcp, udp } ct status dnat ct original proto-dst 0x9c40 [invalid type]-0xa40f [invalid type] accept comment \"decloud-agent-decloud virbr0 40000-41999\" # handle 16\n";
        var first = recorded.IndexOf("\t\toif", StringComparison.Ordinal);
        var last = recorded.IndexOf("\t}", StringComparison.Ordinal);
        var before = recorded.Insert(first, Ours);
        var behind = recorded.Insert(last, Ours.Replace("16", "21", StringComparison.Ordinal));

        Assert.Null(LibvirtTable.Repair(null, "decloud", Rules));
        Assert.Equal(Insert, LibvirtTable.Repair(recorded, "decloud", Rules));
        Assert.Null(LibvirtTable.Repair(before, "decloud", Rules));
        Assert.Equal("delete rule ip libvirt_network guest_input handle 21\n" + Insert, LibvirtTable.Repair(behind, "decloud", Rules));
        Assert.Equal(
            "delete rule ip libvirt_network guest_input handle 16\ndelete rule ip libvirt_network guest_input handle 21\n" + Insert,
            LibvirtTable.Repair(behind.Insert(first, Ours), "decloud", Rules));
        Assert.Equal("delete rule ip libvirt_network guest_input handle 16\n", LibvirtTable.Repair(before, "decloud", Rules with { Forwards = [] }));
        Assert.Null(LibvirtTable.Repair(recorded, "decloud", Rules with { Forwards = [] }));

        // Another range is another rule; another agent's rule, and the reject of another network, are another's.
        Assert.StartsWith("delete rule ip libvirt_network guest_input handle 16\ninsert", LibvirtTable.Repair(before, "decloud", Rules with { RangeEnd = 50000 }), StringComparison.Ordinal);
        Assert.Null(LibvirtTable.Repair(before, "decloud_2", Rules with { Forwards = [] }));
        Assert.Null(LibvirtTable.Repair(recorded.Insert(last, Ours).Replace("oif \"virbr0\" counter packets 0 bytes 0 reject", "oif \"virbr1\" counter packets 0 bytes 0 reject", StringComparison.Ordinal), "decloud", Rules));
    }

    [Theory]
    [InlineData("32768\t60999\n", 20000, 21999, null)]
    [InlineData("32768\t60999\n", 30000, 32768, "32768-32768")]
    [InlineData("32768\t60999\n", 40000, 41999, "40000-41999")]
    [InlineData("15000 25000", 20000, 30000, "20000-25000")]
    [InlineData("nonsense", 40000, 41999, null)]
    public void A_range_that_lies_in_the_ephemeral_one_is_found_out(string text, int start, int end, string? expected) =>
        Assert.Equal(expected, EphemeralPorts.Overlap(text, start, end) is var (low, high) ? $"{low}-{high}" : null);

    [Fact]
    public void Listening_TCP_and_bound_UDP_sockets_hold_their_ports()
    {
        string[] lines =
        [
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
            "   0: 0100007F:9C40 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
            "   1: 0100007F:9C41 0100007F:01BB 01 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0",
            "   2: 00000000000000000000000000000000:9C42 00000000000000000000000000000000:0000 0A 0 0 0 0 0 0",
            "nonsense",
        ];
        Assert.Equal([40000, 40002], HostSockets.Read(lines, PortProtocol.Tcp));
        Assert.Equal([40000, 40001, 40002], HostSockets.Read(lines, PortProtocol.Udp));
    }
}
