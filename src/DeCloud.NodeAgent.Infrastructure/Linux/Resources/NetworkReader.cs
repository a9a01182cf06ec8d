using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads the network interfaces from /sys/class/net.</summary>
internal static class NetworkReader
{
    private const string Folder = "/sys/class/net";

    /// <summary>IFF_TAP of linux/if_tun.h: an interface that carries a VM's frames, where a tunnel's carries packets.</summary>
    private const int Tap = 0x0002;

    /// <summary>Hardware types of linux/if_arp.h.</summary>
    private const int Ethernet = 1, Loopback = 772;

    /// <summary>Reads them.</summary>
    public static NetworkResource Read(HostTree tree, ILinuxCalls calls)
    {
        var addresses = calls.Addresses();
        return new([.. tree.Names(Folder).Where(name => tree.Has($"{Folder}/{name}/ifindex") && !IsVmInterface(tree, name)).Select(name => Interface(tree, name, addresses))], DefaultRoutes.Read(tree));
    }

    /// <summary>Whether an interface is the host's end of a VM's.</summary>
    public static bool IsVmInterface(HostTree tree, string name) =>
        tree.Text($"{Folder}/{name}/tun_flags") is { } text && text.StartsWith("0x", StringComparison.Ordinal)
        && int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var flags) && (flags & Tap) != 0;

    private static InterfaceResource Interface(HostTree tree, string name, IReadOnlyDictionary<string, IReadOnlyList<string>> addresses)
    {
        var folder = $"{Folder}/{name}";
        var type = tree.Number($"{folder}/type");
        return new()
        {
            Name = name,
            Kind = Kind(tree, folder, type),
            IsPhysical = tree.Has($"{folder}/device"),
            State = State(tree, folder),
            MacAddress = type == Ethernet ? tree.Text($"{folder}/address") : null,
            MtuBytes = (int?)tree.Number($"{folder}/mtu"),

            // -1 or an error while there is no link.
            SpeedMegabits = tree.Number($"{folder}/speed") is > 0 and var speed ? speed : null,
            Driver = tree.LinkName($"{folder}/device/driver"),
            Addresses = addresses.GetValueOrDefault(name, []),
        };
    }

    // A tunnel and a loopback have no link to be up or down: their state is unknown, and the administrator's word counts (IFF_UP of linux/if.h).
    private static string State(HostTree tree, string folder) => tree.Text($"{folder}/operstate") switch
    {
        "up" => "up",
        "down" or "lowerlayerdown" or "notpresent" or "dormant" => "down",
        _ => tree.Text($"{folder}/flags") is ['0', 'x', .. var digits] && int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var flags)
            ? (flags & 1) != 0 ? "up" : "down"
            : "unknown",
    };

    private static string Kind(HostTree tree, string folder, long? type)
    {
        if (type == Loopback)
        {
            return "loopback";
        }

        const string key = "DEVTYPE=";
        var told = tree.Lines($"{folder}/uevent").FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?[key.Length..];
        return told switch
        {
            "wlan" => "wireless",
            "bridge" or "bond" or "vlan" or "wireguard" => told,
            "vxlan" or "geneve" or "gre" => "tunnel",
            _ when tree.Has($"{folder}/phy80211") => "wireless",
            _ when tree.Has($"{folder}/tun_flags") || (type != Ethernet && !tree.Has($"{folder}/device")) => "tunnel",
            _ when type == Ethernet && tree.Has($"{folder}/device") => "ethernet",
            _ when type == Ethernet => "virtual",
            _ => "other",
        };
    }
}
