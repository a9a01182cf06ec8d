using System.Globalization;
using System.Text;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// The rules in the language of nft (man 8 nft). A file of nft is one transaction: the tables are dropped and made anew, and no packet sees the state between.
/// Chains run ahead of the usual priority, since a drop here is final and an accept only passes the packet on to the other tables of the host.
/// </summary>
internal static class RuleText
{
    /// <summary>
    /// What no guest may reach: "this" network, RFC 1918, shared address space (RFC 6598), loopback, link-local with the metadata services of clouds, protocol assignments (RFC 6890),
    /// documentation and benchmarks (RFC 5737, 2544), multicast and reserved.
    /// </summary>
    private const string PrivateNetworks =
        "0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.0.0.0/24, 192.168.0.0/16, 198.18.0.0/15, 224.0.0.0/3";

    /// <summary>The transaction that makes exactly these rules; removes the tables when there are none.</summary>
    /// <param name="table">The name of the tables.</param>
    /// <param name="rules">The rules.</param>
    /// <exception cref="FailureException">The bridge's name is none.</exception>
    public static string Of(string table, NetworkRules rules)
    {
        var text = new StringBuilder();
        foreach (var family in new[] { "inet", "bridge" })
        {
            // A table that is not there can't be deleted, so it is made first.
            text.Append(CultureInfo.InvariantCulture, $"table {family} {table}\ndelete table {family} {table}\n");
        }

        if (rules.IsEmpty)
        {
            return text.ToString();
        }

        if (!IsInterface(rules.Bridge))
        {
            throw FailureException.Permanent(FailureCodes.PacketFilterUnavailable, "The bridge of the VMs' network has a name that no rule can be written with. Rename it to letters, digits, '-', '_' and '.'.");
        }

        AppendInet(text, table, rules);
        if (rules.IsIsolated)
        {
            AppendBridge(text, table, rules);
        }

        return text.ToString();
    }

    /// <summary>Whether two sets of rules differ by nothing but elements, so that the one becomes the other without its tables being made anew.</summary>
    /// <param name="one">The rules.</param>
    /// <param name="other">The other rules.</param>
    public static bool IsSameFrame(NetworkRules one, NetworkRules other) =>
        one.IsEmpty == other.IsEmpty && (one with { Guests = [], Forwards = [] }).Equals(other with { Guests = [], Forwards = [] });

    /// <summary>Whether a text is a plain name of a network interface.</summary>
    public static bool IsInterface(string name) =>
        name.Length is > 0 and <= 15 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static void AppendInet(StringBuilder text, string table, NetworkRules rules)
    {
        var bridge = $"\"{rules.Bridge}\"";
        text.Append(CultureInfo.InvariantCulture, $$"""
            table inet {{table}} {
            	map tcp_forwards {
            		type inet_service : ipv4_addr . inet_service
            {{Elements(Forwards(rules, PortProtocol.Tcp))}}	}
            	map udp_forwards {
            		type inet_service : ipv4_addr . inet_service
            {{Elements(Forwards(rules, PortProtocol.Udp))}}	}
            	chain prerouting {
            		type nat hook prerouting priority -100; policy accept;
            		iifname != {{bridge}} fib daddr type local meta nfproto ipv4 dnat ip to tcp dport map @tcp_forwards
            		iifname != {{bridge}} fib daddr type local meta nfproto ipv4 dnat ip to udp dport map @udp_forwards
            	}
            	chain output {
            		type nat hook output priority -100; policy accept;
            		ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to tcp dport map @tcp_forwards
            		ip daddr != 127.0.0.0/8 fib daddr type local dnat ip to udp dport map @udp_forwards
            	}

            """);
        if (rules.IsIsolated)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""
                	set private {
                		type ipv4_addr
                		flags interval
                		elements = { {{PrivateNetworks}} }
                	}
                	set reachable {
                		type ipv4_addr
                		flags interval
                		auto-merge
                {{Elements(rules.ReachablePrivateNetworks.Select(n => n.ToString()))}}	}
                	chain input {
                		type filter hook input priority -10; policy accept;
                		iifname != {{bridge}} accept
                		ct state established,related accept
                		udp dport { 53, 67 } accept
                		tcp dport 53 accept
                		drop
                	}
                	chain forward {
                		type filter hook forward priority -10; policy accept;
                		iifname {{bridge}} jump outward
                		oifname {{bridge}} ct state established,related accept
                		oifname {{bridge}} ct status dnat meta l4proto { tcp, udp } ct original proto-dst {{rules.RangeStart}}-{{rules.RangeEnd}} accept
                		oifname {{bridge}} drop
                	}
                	chain outward {
                		oifname {{bridge}} drop
                		ct state established,related accept
                		meta nfproto != ipv4 drop
                		ip daddr @reachable accept
                		ip daddr @private drop
                		fib daddr type != unicast drop
                	}

                """);
        }

        text.Append("}\n");
    }

    /// <summary>A guest speaks with its own Ethernet and IPv4 address or not at all; a guest that nobody knows is not heard.</summary>
    private static void AppendBridge(StringBuilder text, string table, NetworkRules rules)
    {
        var macs = rules.Guests.Select(g => $"\"{g.VmId.InterfaceName}\" . {g.VmId.MacAddress}");
        var addresses = rules.Guests.Where(g => g.Address is not null).Select(g => $"\"{g.VmId.InterfaceName}\" . {g.VmId.MacAddress} . {g.Address}");

        // The client's hardware address inside a DHCP request: 28 bytes into the message (RFC 2131), 36 behind the start of UDP.
        var clients = rules.Guests.Select(g => $"\"{g.VmId.InterfaceName}\" . 0x{g.VmId.MacAddress.Replace(":", "", StringComparison.Ordinal)}");
        text.Append(CultureInfo.InvariantCulture, $$"""
            table bridge {{table}} {
            	set macs {
            		type ifname . ether_addr
            {{Elements(macs)}}	}
            	set addresses {
            		type ifname . ether_addr . ipv4_addr
            {{Elements(addresses)}}	}
            	set clients {
            		typeof iifname . @th,288,48
            {{Elements(clients)}}	}
            	chain prerouting {
            		type filter hook prerouting priority -300; policy accept;
            		iifname != "{{Core.Vms.VmId.InterfacePrefix}}*" accept
            		iifname . ether saddr != @macs drop
            		ether type ip udp sport 67 drop
            		ether type ip udp dport 67 jump dhcp
            		ether type ip iifname . ether saddr . ip saddr @addresses accept
            		ether type arp iifname . arp saddr ether . arp saddr ip @addresses accept
            		ether type arp arp saddr ip 0.0.0.0 iifname . arp saddr ether @macs accept
            		drop
            	}
            	chain dhcp {
            		iifname . @th,288,48 @clients accept
            		drop
            	}
            }

            """);
    }

    private static IEnumerable<string> Forwards(NetworkRules rules, PortProtocol protocol) => rules.Forwards
        .Where(f => f.Protocol.HasFlag(protocol))
        .Select(f => string.Create(CultureInfo.InvariantCulture, $"{f.HostPort} : {f.Address} . {f.GuestPort}"));

    private static string Elements(IEnumerable<string> elements) => elements.Distinct().ToList() is { Count: > 0 } some ? $"\t\telements = {{ {string.Join(", ", some)} }}\n" : "";
}
