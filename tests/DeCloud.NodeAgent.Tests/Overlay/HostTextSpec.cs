using System.Net;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.WireGuard;
using static DeCloud.NodeAgent.Tests.Overlay.OverlaySamples;

namespace DeCloud.NodeAgent.Tests.Overlay;

/// <summary>What wg and ip print, as they printed it.</summary>
public sealed class HostTextSpec
{
    [Fact]
    public void The_dump_of_an_interface_is_read_without_its_private_key()
    {
        var device = WgDump.Parse(
            $"{Private.Reveal()}\tHIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\t51820\toff\n"
            + $"{Key(1)}\t(none)\t192.0.2.2:51820\t10.80.2.0/24,10.80.0.2/32\t1795428932\t247644\t247848\t25\n"
            + $"{Key(2)}\t{Shared.Reveal()}\t(none)\t(none)\t0\t0\t0\toff\n");

        Assert.Equal((Own, 51820, 2), (device.PublicKey, device.ListenPort, device.Peers.Length));
        var (first, second) = (device.Peers[0], device.Peers[1]);
        Assert.Equal(["10.80.0.2/32", "10.80.2.0/24"], first.AllowedIps.ToArray());
        Assert.Equal(
            ("192.0.2.2:51820", DateTimeOffset.FromUnixTimeSeconds(1795428932), 247644L, 247848L, 25, true),
            (first.Endpoint, first.HandshakeAt, first.ReceivedBytes, first.SentBytes, first.KeepaliveSeconds, first.PresharedKey is null));
        Assert.Equal((null, null, 0, true), (second.Endpoint, second.HandshakeAt, second.KeepaliveSeconds, Shared.IsSameAs(second.PresharedKey)));
    }

    [Fact]
    public void An_interface_that_was_just_made_has_no_key() => Assert.Null(WgDump.Parse("(none)\t(none)\t0\toff\n").PublicKey);

    [Theory]
    [InlineData("")]
    [InlineData("a\tb\n")]
    [InlineData("(none)\t(none)\t-1\toff\n")]
    [InlineData("(none)\t(none)\t1\toff\nx\ty\n")]
    public void Other_text_is_refused_without_repeating_it(string text) =>
        Assert.DoesNotContain('\t', Assert.ThrowsAny<FormatException>(() => WgDump.Parse(text)).Message);

    [Fact]
    public void Interfaces_are_found_by_name_and_by_mark()
    {
        const string json = """
            [{"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host"}]},{},
            {"ifindex":3,"ifname":"wg0","flags":["POINTOPOINT","NOARP","UP","LOWER_UP"],"mtu":1420,"linkinfo":{"info_kind":"tun","info_data":{"type":"tun"}},"ifalias":"our mark",
             "addr_info":[{"family":"inet","local":"10.80.0.7","prefixlen":16,"scope":"global"},{"family":"inet6","local":"fe80::1","prefixlen":64,"scope":"link"},{}]},
            {"ifname":"wg9","flags":[],"linkinfo":{"info_kind":"wireguard"},"ifalias":"our mark","addr_info":[]},
            {"ifname":"eth0","flags":["UP"],"ifalias":"uplink","addr_info":[]}]
            """;

        var links = LinkList.Parse(json, "wg0", "our mark");

        Assert.Equal(["wg0", "wg9"], links.Select(l => l.Name));
        Assert.Equal(("tun", "our mark", true), (links[0].Kind, links[0].Alias, links[0].IsUp));
        Assert.Equal([new InterfaceAddress(IPAddress.Parse("10.80.0.7"), 16)], links[0].Addresses.ToArray());
        Assert.Equal(("wireguard", false), (links[1].Kind, links[1].IsUp));
        Assert.Empty(LinkList.Parse("", "wg0", "our mark"));
    }
}
