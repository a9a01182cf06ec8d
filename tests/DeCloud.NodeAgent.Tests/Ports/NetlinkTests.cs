using System.Net;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Nftables;

namespace DeCloud.NodeAgent.Tests.Ports;

public sealed class NetlinkTests
{
    private static readonly VmId A = new(Guid.Parse("5e0a2c3a-7f0b-4c57-9a39-9d4c1e0b7a11"));
    private static readonly IPAddress Address = IPAddress.Parse("192.168.122.5");

    private static readonly NetworkRules Rules = new(
        "virbr0", true, [], 40000, 41999, [new(A, Address)], [new(40000, PortProtocol.Tcp, Address, 80), new(40001, PortProtocol.Both, Address, 53)]);

    [Fact]
    public void A_transaction_is_the_bytes_that_the_kernel_reads()
    {
        var batch = NfTables.Batch("d", 0x01020304, [], [new(FilterElement.Inet, "m", "9C40", "C0A87A0500500000")], 7, out var last);

        Assert.Equal(8u, last);
        Assert.Equal(
            // Length 28, NFNL_MSG_BATCH_BEGIN, NLM_F_REQUEST, number 7, sender 0; nfgenmsg of subsystem 10; NFNL_BATCH_GENID.
            "1C000000" + "1000" + "0100" + "07000000" + "00000000" + "0000000A" + "0800" + "0100" + "01020304"
            // Length 72, NFT_MSG_NEWSETELEM, request + confirm + create, number 8; family inet; table and set.
            + "48000000" + "0C0A" + "0504" + "08000000" + "00000000" + "01000000" + "0600" + "0100" + "64000000" + "0600" + "0200" + "6D000000"
            // The list, its element, key { value } and data { value }.
            + "2400" + "0380" + "2000" + "0180" + "0C00" + "0180" + "0600" + "0100" + "9C400000" + "1000" + "0280" + "0C00" + "0100" + "C0A87A0500500000"
            // NFNL_MSG_BATCH_END.
            + "14000000" + "1100" + "0100" + "09000000" + "00000000" + "0000000A",
            Convert.ToHexString(batch.Written));
    }

    [Fact]
    public void Removals_come_before_additions_and_only_the_last_message_is_confirmed()
    {
        var batch = NfTables.Batch("d", 1, [new(FilterElement.Bridge, "b", "00", "")], [new(FilterElement.Bridge, "a", "00", ""), new(FilterElement.Inet, "c", "00", "")], 1, out _);
        var seen = new List<(ushort, ushort)>();
        var left = batch.Written;
        while (NetlinkMessage.TryTake(ref left, out var message))
        {
            seen.Add((message.Type, message.Flags));
        }

        Assert.Equal(
            [(NetlinkType.BatchBegin, (ushort)1), (NetlinkType.DeleteElement, (ushort)1), (NetlinkType.NewElement, (ushort)0x401), (NetlinkType.NewElement, (ushort)0x405), (NetlinkType.BatchEnd, (ushort)1)],
            seen);
    }

    [Fact]
    public void Elements_are_written_as_the_kernel_keeps_them()
    {
        const string Speaker = "6463766D" + "3565306132633361" + "37663000" + "52545E0A2C3A0000";
        Assert.Equal(
            [
                new(FilterElement.Bridge, "addresses", Speaker + "C0A87A05", ""),
                new(FilterElement.Bridge, "clients", Speaker, ""),
                new(FilterElement.Bridge, "macs", Speaker, ""),
                new(FilterElement.Inet, "tcp_forwards", "9C40", "C0A87A0500500000"),
                new(FilterElement.Inet, "tcp_forwards", "9C41", "C0A87A0500350000"),
                new FilterElement(FilterElement.Inet, "udp_forwards", "9C41", "C0A87A0500350000"),
            ],
            FilterElement.Of(Rules).OrderBy(e => e.Set, StringComparer.Ordinal).ThenBy(e => e.Key, StringComparer.Ordinal));
        Assert.DoesNotContain(FilterElement.Of(Rules with { IsIsolated = false }), e => e.Family == FilterElement.Bridge);
        Assert.Empty(FilterElement.Of(Rules with { IsIsolated = false, Forwards = [] }));
    }

    [Fact]
    public void Answers_that_are_cut_off_or_lie_about_their_length_are_read_as_far_as_they_go()
    {
        ReadOnlySpan<byte> none = [1, 2, 3];
        Assert.False(NetlinkMessage.TryTake(ref none, out _));
        ReadOnlySpan<byte> tooLong = [0xff, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.False(NetlinkMessage.TryTake(ref tooLong, out _));
        ReadOnlySpan<byte> bare = [16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        Assert.True(NetlinkMessage.TryTake(ref bare, out var message));
        Assert.Equal(0, message.Error);
        Assert.False(message.Attributes.Next());
        Assert.False(new NetlinkAttributes([9, 0, 1, 0, 5]).Next());
        Assert.False(new NetlinkAttributes([2, 0, 1, 0]).Next());
    }

    [Fact]
    public void Rules_that_differ_by_VMs_and_ports_alone_have_the_same_frame()
    {
        Assert.True(RuleText.IsSameFrame(Rules, Rules with { Guests = [], Forwards = [] }));
        Assert.False(RuleText.IsSameFrame(Rules, Rules with { Bridge = "virbr1" }));
        Assert.False(RuleText.IsSameFrame(Rules, Rules with { IsIsolated = false }));

        // Without isolation the tables come and go with the ports.
        Assert.False(RuleText.IsSameFrame(Rules with { IsIsolated = false }, Rules with { IsIsolated = false, Forwards = [] }));
    }
}
