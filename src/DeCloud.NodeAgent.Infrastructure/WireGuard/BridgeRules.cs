using System.Globalization;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Infrastructure.WireGuard;

/// <summary>
/// The rules that guard the VMs' way into the overlay, in the language of nft (man 8 nft), in tables of their own. A file of nft is one transaction. The chains run ahead of the usual priority,
/// since a drop here is final and an accept only passes the packet on to the other tables of the host. Where br_netfilter is loaded, what goes from guest to guest on the bridge passes the forward
/// chain too.
/// </summary>
internal static class BridgeRules
{
    /// <summary>The transaction that removes the tables. A table that is not there can't be deleted, so it is made first.</summary>
    /// <param name="table">The name of the tables.</param>
    public static string None(string table) => $"table inet {table}\ndelete table inet {table}\ntable bridge {table}\ndelete table bridge {table}\n";

    /// <summary>The transaction that makes exactly these rules.</summary>
    /// <param name="table">The name of the tables.</param>
    /// <param name="target">What they shall guard.</param>
    public static string Of(string table, VmBridge target)
    {
        var (bridge, tunnel) = ($"\"{target.Bridge}\"", $"\"{target.Tunnel}\"");
        var members = target.Guests.Select(g => $"\"{g.VmId.OverlayInterfaceName}\" . {g.VmId.OverlayMacAddress} . {g.Address}");
        return None(table) + string.Create(CultureInfo.InvariantCulture, $$"""
            table bridge {{table}} {
            	set members {
            		type ifname . ether_addr . ipv4_addr
            {{Elements(members)}}	}
            	chain prerouting {
            		type filter hook prerouting priority -300; policy accept;
            		iifname != "{{VmId.OverlayInterfacePrefix}}*" accept
            		ether type ip iifname . ether saddr . ip saddr @members accept
            		ether type arp iifname . ether saddr . arp saddr ip @members iifname . arp saddr ether . arp saddr ip @members accept
            		drop
            	}
            }
            table inet {{table}} {
            	set nodes {
            		type ipv4_addr
            {{Elements(target.Nodes.Select(n => n.ToString()))}}	}
            	chain input {
            		type filter hook input priority -10; policy accept;
            		iifname != { {{bridge}}, {{tunnel}} } accept
            		ct state established,related accept
            		iifname {{bridge}} drop
            		ip saddr != @nodes drop
            	}
            	chain forward {
            		type filter hook forward priority -10; policy accept;
            		iifname {{bridge}} jump outward
            		oifname {{bridge}} jump inward
            		iifname {{tunnel}} jump elsewhere
            	}
            	chain outward {
            		oifname {{bridge}} accept
            		oifname != {{tunnel}} drop
            		meta nfproto != ipv4 drop
            		ip saddr != {{target.Subnet.Network}} drop
            		ip daddr != {{target.Overlay}} drop
            		ct state established,related accept
            		ip daddr @nodes drop
            		accept
            	}
            	chain inward {
            		iifname != {{tunnel}} drop
            		meta nfproto != ipv4 drop
            		ip saddr != {{target.Overlay}} drop
            		ip daddr != {{target.Subnet.Network}} drop
            		accept
            	}
            	chain elsewhere {
            		oifname {{tunnel}} accept
            		ct state established,related accept
            		ct status dnat accept
            		drop
            	}
            }

            """);
    }

    private static string Elements(IEnumerable<string> elements) => elements.ToList() is { Count: > 0 } some ? $"\t\telements = {{ {string.Join(", ", some)} }}\n" : "";
}
