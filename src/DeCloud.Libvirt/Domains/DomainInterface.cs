using System.Net;

namespace DeCloud.Libvirt.Domains;

/// <summary>Who tells a domain's addresses (<c>virDomainInterfaceAddressesSource</c>).</summary>
public enum AddressSource
{
    /// <summary>The DHCP server of a libvirt network.</summary>
    Lease = 0,

    /// <summary>The agent in the guest. What it says is the tenant's word.</summary>
    Agent = 1,

    /// <summary>This machine's neighbour table.</summary>
    Arp = 2,
}

/// <summary>A network interface of a domain.</summary>
/// <param name="Name">The host's name of it (lease, ARP) or the guest's (agent).</param>
/// <param name="Mac">The hardware address, where there is one.</param>
/// <param name="Addresses">Its addresses.</param>
public sealed record DomainInterface(string Name, string? Mac, IReadOnlyList<InterfaceAddress> Addresses);

/// <summary>An address of an interface.</summary>
/// <param name="Text">As it was told.</param>
/// <param name="Address">The address; null when the text is none, which a guest is free to send.</param>
/// <param name="Prefix">The length of the network prefix in bits.</param>
public sealed record InterfaceAddress(string Text, IPAddress? Address, int Prefix);
