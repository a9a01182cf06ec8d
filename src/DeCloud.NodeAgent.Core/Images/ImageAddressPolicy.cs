using System.Net;
using System.Net.Sockets;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>
/// Which IP addresses images may be fetched from. A tenant names the server, the node connects: without this the tenant would reach the provider's own network
/// and the services that answer only to this machine. Judged on the address that is connected to, for each hop, so that neither DNS nor a redirect gets round it.
/// </summary>
public static class ImageAddressPolicy
{
    // What never serves images, whatever the operator allows: metadata services, "this network", multicast, reserved.
    private static readonly IPNetwork[] AlwaysClosed = Networks(
        "0.0.0.0/8", "169.254.169.254/32", "168.63.129.16/32", "224.0.0.0/4", "240.0.0.0/4", "::/128", "ff00::/8", "fd00:ec2::254/128");

    // IANA's special-purpose IPv4 registry, as far as it is not globally reachable.
    private static readonly IPNetwork[] NotPublic = Networks(
        "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24");

    // Of IPv6 only global unicast is open, less what tunnels to IPv4 (Teredo, 6to4) and what is for documents.
    // NAT64 (64:ff9b::/96, 64:ff9b:1::/48), unique local and link-local lie outside it; IPv4-mapped addresses are refused by name.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] NotPublicV6 = Networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>Whether images may come from the address.</summary>
    /// <param name="address">The address that would be connected to.</param>
    /// <param name="allowPrivate">Whether the operator allows loopback and private networks. Metadata services stay closed.</param>
    /// <returns>True when it may be connected to.</returns>
    public static bool Allows(IPAddress address, bool allowPrivate)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (IsIn(plain, AlwaysClosed))
        {
            return false;
        }

        if (allowPrivate)
        {
            return true;
        }

        return address.AddressFamily switch
        {
            AddressFamily.InterNetwork => !IsIn(address, NotPublic),
            AddressFamily.InterNetworkV6 => !address.IsIPv4MappedToIPv6 && GlobalUnicast.Contains(address) && !IsIn(address, NotPublicV6),
            _ => false,
        };
    }

    private static bool IsIn(IPAddress address, IPNetwork[] networks)
    {
        foreach (var network in networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static IPNetwork[] Networks(params string[] texts) => [.. texts.Select(text => IPNetwork.Parse(text))];
}
