using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>An address of an interface with the network it is in, as <c>10.80.0.7/16</c>.</summary>
/// <param name="Address">The address.</param>
/// <param name="PrefixLength">Bits of the network, 0 to 32 or 128.</param>
public sealed record InterfaceAddress(IPAddress Address, int PrefixLength)
{
    /// <summary>The network the address is in.</summary>
    public IPNetwork Network => OverlayNetworks.Around(Address, PrefixLength);

    /// <summary>Reads an address in CIDR notation.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out InterfaceAddress? address)
    {
        address = text?.Split('/') is [var host, var length]
            && IPAddress.TryParse(host, out var ip)
            && int.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= (ip.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
            ? new(ip, bits)
            : null;
        return address is not null;
    }

    /// <summary>The address in CIDR notation.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}/{PrefixLength}");
}

/// <summary>What the operator set about the overlay.</summary>
/// <param name="InterfaceName">Name of the network interface, at most 15 characters.</param>
/// <param name="ListenPort">UDP port, 1 to 65535.</param>
/// <param name="Address">The node's address with the overlay's prefix; null when the node takes no part in an overlay.</param>
public sealed record OverlaySettings(string InterfaceName, int ListenPort, InterfaceAddress? Address)
{
    /// <summary>The part of the overlay that this node's VMs are in; null when none are attached.</summary>
    public VmSubnet? VmSubnet { get; init; }

    /// <summary>Name of the bridge that attached VMs are on, at most 15 characters.</summary>
    public string VmBridge { get; init; } = "dcoverlay";

    /// <summary>The networks on this node that no peer may claim: the node's own address, and that of its VMs.</summary>
    public IReadOnlyList<IPNetwork> Own =>
        Address is not { } own ? []
        : VmSubnet is { } vms ? [OverlayNetworks.Single(own.Address), vms.Network]
        : [OverlayNetworks.Single(own.Address)];
}

/// <summary>Arithmetic of networks.</summary>
public static class OverlayNetworks
{
    /// <summary>The network of one address alone.</summary>
    /// <param name="address">The address.</param>
    public static IPNetwork Single(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(address, address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    /// <summary>The network of a length that an address is in.</summary>
    /// <param name="address">The address.</param>
    /// <param name="length">Bits of the network.</param>
    public static IPNetwork Around(IPAddress address, int length)
    {
        ArgumentNullException.ThrowIfNull(address);
        var bytes = address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i++)
        {
            var kept = Math.Clamp(length - (i * 8), 0, 8);
            bytes[i] = (byte)(bytes[i] & (0xff << (8 - kept)));
        }

        return new(new IPAddress(bytes), length);
    }

    /// <summary>Whether all of one network lies in another.</summary>
    /// <param name="outer">The other.</param>
    /// <param name="inner">The one.</param>
    public static bool Holds(this IPNetwork outer, IPNetwork inner) =>
        outer.BaseAddress.AddressFamily == inner.BaseAddress.AddressFamily && outer.PrefixLength <= inner.PrefixLength && outer.Contains(inner.BaseAddress);

    /// <summary>Whether two networks have an address in common. Networks nest or are apart; they never overlap in part.</summary>
    /// <param name="one">One.</param>
    /// <param name="other">The other.</param>
    public static bool Meets(this IPNetwork one, IPNetwork other) => one.Holds(other) || other.Holds(one);

    /// <summary>Reads a network without host bits, or a lone address as the network of that address.</summary>
    /// <param name="text">The text.</param>
    /// <param name="network">The network, when the text is one.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out IPNetwork network)
    {
        network = default;
        if (text is null || text.Length > 64 || text.Contains('%', StringComparison.Ordinal))
        {
            return false;
        }

        // "10.1" and "0x0a.1" are addresses to the parser; nobody who writes one means it.
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var host = slash < 0 ? text : text[..slash];
        if (!IPAddress.TryParse(host, out var address) || (address.AddressFamily == AddressFamily.InterNetwork && host.Count(c => c == '.') != 3))
        {
            return false;
        }

        if (slash >= 0)
        {
            // The framework drops host bits in silence, and with them what was meant.
            return IPNetwork.TryParse(text, out network) && network.BaseAddress.Equals(address);
        }

        network = Single(address);
        return true;
    }
}
