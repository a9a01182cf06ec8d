using System.Globalization;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// The one rule that the agent needs in libvirt's firewall, where that is kept with iptables: libvirt rejects whatever was not begun by a guest of its NAT networks, and a verdict of another table can't overrule that.
/// It lets through exactly what was forwarded from the agent's port range to the bridge. libvirt puts its own rules before it whenever its daemon or network starts, so its place is watched.
/// </summary>
internal static class LibvirtFirewall
{
    /// <summary>The chain, in the table <c>filter</c> of IPv4.</summary>
    public const string Chain = "LIBVIRT_FWI";
    private const string Append = "-A " + Chain + " ";

    /// <summary>Marks the rule as the agent's; the table's name follows. Of letters, digits, '-' and '_', since iptables prints any other text in quotes.</summary>
    private const string Comment = "decloud-agent-";

    /// <summary>What is needed to have the rule in its place, or gone: one transaction, so that no connection finds it missing while it is moved.</summary>
    /// <param name="listing">What <c>iptables -S LIBVIRT_FWI</c> printed; null when there is no such chain.</param>
    /// <param name="table">The name of the agent's tables.</param>
    /// <param name="rules">The rules.</param>
    /// <returns>The input of <c>iptables-restore --noflush</c>; null when everything is as it shall be.</returns>
    public static string? Repair(string? listing, string table, NetworkRules rules)
    {
        if (listing is null)
        {
            return null;
        }

        var lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.StartsWith(Append, StringComparison.Ordinal)).ToList();
        var ours = lines.Select((line, at) => (line, at)).Where(l => l.line.Contains(Comment + table + " ", StringComparison.Ordinal)).ToList();
        var wanted = Rule(table, rules);
        var first = lines.FindIndex(l => l.Contains($"-o {rules.Bridge} ", StringComparison.Ordinal) && l.Contains("-j REJECT", StringComparison.Ordinal));
        var isWanted = !rules.Forwards.IsEmpty;
        if (isWanted ? ours is [var only] && only.line == Append + wanted && (first < 0 || only.at < first) : ours.Count == 0)
        {
            return null;
        }

        // By their words, never by their numbers: libvirt may put rules before them between the look and this.
        var removals = string.Concat(ours.Select(o => $"-D {o.line["-A ".Length..]}\n"));
        return $"*filter\n{removals}{(isWanted ? $"-I {Chain} 1 {wanted}\n" : "")}COMMIT\n";
    }

    // In the order in which iptables prints it, so that it can be compared.
    private static string Rule(string table, NetworkRules rules) => string.Create(
        CultureInfo.InvariantCulture,
        $"-o {rules.Bridge} -m conntrack --ctstate DNAT --ctorigdstport {rules.RangeStart}:{rules.RangeEnd} -m comment --comment {Comment}{table} -j ACCEPT");
}
