using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>An element of one of the agent's sets and maps, the only thing that a VM or a forwarded port adds to the packet filter.</summary>
/// <param name="Family">The family of the table (<see cref="Inet"/> or <see cref="Bridge"/>).</param>
/// <param name="Set">The set or map.</param>
/// <param name="Key">The key as the kernel has it, in hexadecimal digits.</param>
/// <param name="Data">What a map leads to, in the same form; empty in a set.</param>
internal readonly record struct FilterElement(byte Family, string Set, string Key, string Data)
{
    /// <summary>NFPROTO_INET.</summary>
    public const byte Inet = 1;

    /// <summary>NFPROTO_BRIDGE.</summary>
    public const byte Bridge = 7;

    /// <summary>Which Ethernet address may speak on an interface.</summary>
    public const string Macs = "macs";

    /// <summary>Which IPv4 address may speak there as well.</summary>
    public const string Addresses = "addresses";

    /// <summary>Whose hardware address a DHCP request may name.</summary>
    public const string Clients = "clients";

    /// <summary>Where a TCP port of the host leads.</summary>
    public const string TcpForwards = "tcp_forwards";

    /// <summary>Where a UDP port of the host leads.</summary>
    public const string UdpForwards = "udp_forwards";

    /// <summary>What an interface's name takes in a key, zeros included (IFNAMSIZ).</summary>
    private const int InterfaceBytes = 16;

    /// <summary>Whether a set's elements follow from the VMs and ports; the others belong to the frame.</summary>
    public static bool IsDynamic(string set) => set is Macs or Addresses or Clients or TcpForwards or UdpForwards;

    /// <summary>The elements of rules. In a key or value of several fields, every field is filled up to a multiple of 4 bytes.</summary>
    /// <param name="rules">The rules.</param>
    public static HashSet<FilterElement> Of(NetworkRules rules)
    {
        var all = new HashSet<FilterElement>();
        if (rules.IsEmpty)
        {
            return all;
        }

        Span<byte> key = stackalloc byte[InterfaceBytes + 12];
        Span<byte> value = stackalloc byte[8];
        foreach (var guest in rules.IsIsolated ? rules.Guests : [])
        {
            key.Clear();
            Encoding.ASCII.GetBytes(guest.VmId.InterfaceName, key);
            WriteMac(guest.VmId, key[InterfaceBytes..]);
            var speaker = Convert.ToHexString(key[..(InterfaceBytes + 8)]);
            all.Add(new(Bridge, Macs, speaker, ""));
            all.Add(new(Bridge, Clients, speaker, ""));
            if (guest.Address is { } address)
            {
                address.TryWriteBytes(key[(InterfaceBytes + 8)..], out _);
                all.Add(new(Bridge, Addresses, Convert.ToHexString(key), ""));
            }
        }

        foreach (var forward in rules.Forwards)
        {
            value.Clear();
            forward.Address.TryWriteBytes(value, out _);
            BinaryPrimitives.WriteUInt16BigEndian(value[4..], (ushort)forward.GuestPort);
            var (port, target) = (forward.HostPort.ToString("X4", CultureInfo.InvariantCulture), Convert.ToHexString(value));
            if (forward.Protocol.HasFlag(PortProtocol.Tcp))
            {
                all.Add(new(Inet, TcpForwards, port, target));
            }

            if (forward.Protocol.HasFlag(PortProtocol.Udp))
            {
                all.Add(new(Inet, UdpForwards, port, target));
            }
        }

        return all;
    }

    private static void WriteMac(VmId vm, Span<byte> to)
    {
        // "52:54:5e:0a:2c:3a"
        var text = vm.MacAddress;
        for (var i = 0; i < 6; i++)
        {
            to[i] = byte.Parse(text.AsSpan(i * 3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }
    }
}
