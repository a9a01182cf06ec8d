using System.Net;

namespace DeCloud.Libvirt.Networks;

/// <summary>An address that a libvirt network lent to a guest.</summary>
/// <param name="Interface">The network's bridge.</param>
/// <param name="ExpiresAt">Until when; null when it never ends.</param>
/// <param name="Mac">The guest's hardware address, where it is known.</param>
/// <param name="Address">The address.</param>
/// <param name="Prefix">The length of the network prefix in bits.</param>
/// <param name="Hostname">The name the guest gave itself; the tenant's word.</param>
/// <param name="ClientId">The DHCP client id or DUID; the tenant's word.</param>
public sealed record DhcpLease(
    string Interface, DateTimeOffset? ExpiresAt, string? Mac, IPAddress Address, int Prefix, string? Hostname, string? ClientId);
