using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>The part of the overlay that a node's VMs have their addresses in. Its first address is the node's, on the bridge that the VMs are on; the last is nobody's.</summary>
/// <param name="Network">An IPv4 network of at least four addresses.</param>
public sealed record VmSubnet(IPNetwork Network)
{
    /// <summary>The longest prefix: a gateway and one VM.</summary>
    public const int LongestPrefix = 30;

    /// <summary>
    /// What a guest's interface sends at most, in bytes: 1500 of Ethernet less the 80 that WireGuard adds at most (40 of IPv6, 8 of UDP, 32 of its own), which is also what WireGuard's interface has.
    /// </summary>
    public const int Mtu = 1420;

    /// <summary>The node's address on the bridge, which the guests send to.</summary>
    public IPAddress Gateway => At(1);

    /// <summary>How many VMs have room.</summary>
    public long Count => (1L << (32 - Network.PrefixLength)) - 3;

    private uint First => BinaryPrimitives.ReadUInt32BigEndian(Network.BaseAddress.GetAddressBytes());

    /// <summary>Whether an address is one that a VM may have.</summary>
    /// <param name="address">The address.</param>
    public bool Gives(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.AddressFamily == AddressFamily.InterNetwork && Network.Contains(address) && BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) - First is > 1 and var number && number < Count + 2;
    }

    /// <summary>The lowest address that no VM has; null when every one is taken.</summary>
    /// <param name="taken">The addresses that VMs have; others among them don't count.</param>
    public IPAddress? FirstFree(IEnumerable<IPAddress> taken)
    {
        var numbers = taken.Where(Gives).Select(a => BinaryPrimitives.ReadUInt32BigEndian(a.GetAddressBytes()) - First).ToHashSet();
        for (var number = 2u; number < Count + 2; number++)
        {
            if (!numbers.Contains(number))
            {
                return At(number);
            }
        }

        return null;
    }

    /// <summary>Why a network can't be a node's subnet for VMs, or null.</summary>
    /// <param name="network">The network.</param>
    /// <param name="own">The node's address; null when it takes part in no overlay.</param>
    public static string? Objection(IPNetwork network, InterfaceAddress? own) =>
        own is null ? "is set without WireGuard:Address, so there is no overlay that VMs could be attached to."
        : own.Address.AddressFamily != AddressFamily.InterNetwork ? "can't be used in an overlay of IPv6: VMs have IPv4 addresses there."
        : network.PrefixLength > LongestPrefix ? $"has no room for a gateway and a VM: its prefix has at most {LongestPrefix} bits."
        : network.PrefixLength <= own.PrefixLength || !own.Network.Holds(network) ? $"is no part of the overlay, which is {own.Network}."
        : network.Contains(own.Address) ? $"holds the node's own address {own.Address}, which other nodes know it by."
        : null;

    private IPAddress At(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, First + number);
        return new(bytes);
    }
}
