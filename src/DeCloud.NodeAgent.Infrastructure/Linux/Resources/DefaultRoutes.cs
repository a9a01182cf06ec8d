using System.Globalization;
using System.Net;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads the default routes of the main tables from /proc/net/route and /proc/net/ipv6_route, which have no counterpart in /sys.</summary>
internal static class DefaultRoutes
{
    /// <summary>RTF_UP and RTF_REJECT of linux/route.h.</summary>
    private const uint Up = 0x0001, Reject = 0x0200;

    /// <summary>Reads them, the preferred first within a family.</summary>
    public static IReadOnlyList<DefaultRouteResource> Read(HostTree tree) =>
    [
        .. tree.Lines("/proc/net/route").Select(Version4).OfType<DefaultRouteResource>().OrderBy(r => r.Metric),
        .. tree.Lines("/proc/net/ipv6_route").Select(Version6).OfType<DefaultRouteResource>().OrderBy(r => r.Metric),
    ];

    // Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT; addresses as the machine keeps them in memory.
    private static DefaultRouteResource? Version4(string line)
    {
        var words = line.Split('\t', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length < 8 || words[1] != "00000000" || words[7] != "00000000" || Hex(words[3]) is not { } flags || (flags & Up) == 0 || (flags & Reject) != 0 || Hex(words[2]) is not { } gateway)
        {
            return null;
        }

        var address = new IPAddress(BitConverter.GetBytes(gateway));
        return new("ipv4", words[0], gateway == 0 ? null : address.ToString(), long.TryParse(words[6], NumberStyles.None, CultureInfo.InvariantCulture, out var metric) ? metric : 0);
    }

    // destination length source length gateway metric references uses flags interface; all numbers in hexadecimal.
    private static DefaultRouteResource? Version6(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 10 || words[1] != "00" || words[3] != "00" || words[9] == "lo" || Hex(words[8]) is not { } flags || (flags & Up) == 0 || (flags & Reject) != 0 || words[4].Length != 32)
        {
            return null;
        }

        try
        {
            var gateway = new IPAddress(Convert.FromHexString(words[4]));
            return new("ipv6", words[9], gateway.Equals(IPAddress.IPv6Any) ? null : gateway.ToString(), Hex(words[5]) ?? 0);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static uint? Hex(string text) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
}
