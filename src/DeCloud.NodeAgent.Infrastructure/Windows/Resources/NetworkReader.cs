using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads the network interfaces and the ways to the rest of the world.</summary>
internal static class NetworkReader
{
    private const long Mega = 1_000_000;

    /// <summary>Reads them.</summary>
    public static NetworkResource Read(IWindowsMachine machine, CimReport cim)
    {
        var interfaces = machine.Interfaces();
        return new([.. interfaces.Select(Interface)], cim.Routes.Count > 0 ? Routes(cim) : Gateways(interfaces));
    }

    private static InterfaceResource Interface(InterfaceFacts facts)
    {
        var kind = Kind(facts);
        return new()
        {
            Name = facts.Name,
            Kind = kind,
            IsPhysical = kind is "ethernet" or "wireless",
            State = facts.IsUp ? "up" : "down",
            MacAddress = facts.Mac,
            MtuBytes = facts.Mtu,
            // What has no link tells the largest number there is, or none.
            SpeedMegabits = facts is { IsUp: true, BitsPerSecond: >= Mega and < long.MaxValue and var speed } && kind is not "loopback" ? speed / Mega : null,
            Addresses = facts.Addresses,
        };
    }

    // Virtual adapters pass for Ethernet; Windows tells them apart by their descriptions alone.
    private static string Kind(InterfaceFacts facts) => facts.Type switch
    {
        "Loopback" => "loopback",
        "Wireless80211" => "wireless",
        "Tunnel" => "tunnel",
        _ when Says(facts, "WireGuard") => "wireguard",
        "Ppp" => "tunnel",
        _ when Says(facts, "Hyper-V Virtual") || Says(facts, "VMware Virtual") || Says(facts, "VirtualBox Host-Only") || Says(facts, "Wintun") || Says(facts, "TAP-") => "virtual",
        "Ethernet" or "GigabitEthernet" or "FastEthernetT" or "FastEthernetFx" => "ethernet",
        _ => "other",
    };

    private static bool Says(InterfaceFacts facts, string word) => facts.Description.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<DefaultRouteResource> Routes(CimReport cim) =>
        [.. cim.Routes.OrderBy(r => r.IsIpv6).ThenBy(r => r.Metric).Select(r => new DefaultRouteResource(r.IsIpv6 ? "ipv6" : "ipv4", r.Interface, Router(r.NextHop), r.Metric))];

    // Without CIM nobody tells the metric; the order of the interfaces is what Windows gives.
    private static IReadOnlyList<DefaultRouteResource> Gateways(IReadOnlyList<InterfaceFacts> interfaces) =>
    [
        .. interfaces.Where(i => i.IsUp).SelectMany(i => i.Gateways.Select(g => (Interface: i.Name, Gateway: g, IsIpv6: g.Contains(':', StringComparison.Ordinal))))
            .OrderBy(g => g.IsIpv6).Select(g => new DefaultRouteResource(g.IsIpv6 ? "ipv6" : "ipv4", g.Interface, Router(g.Gateway), 0)),
    ];

    private static string? Router(string? address) => address is null or "0.0.0.0" or "::" ? null : address;
}
