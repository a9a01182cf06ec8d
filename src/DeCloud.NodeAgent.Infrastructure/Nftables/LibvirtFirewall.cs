using System.Globalization;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Infrastructure.Qemu;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// The one rule that the agent needs in libvirt's firewall: libvirt rejects whatever was not begun by a guest of its NAT networks, and a verdict of another table can't overrule that.
/// It lets through exactly what was forwarded from the agent's port range to the bridge. libvirt puts its own rules before it whenever its daemon or network starts, so its place is watched.
/// </summary>
internal static class LibvirtFirewall
{
    private const string Chain = "LIBVIRT_FWI";

    /// <summary>Marks the rule as the agent's; the table's name follows. Of letters, digits, '-' and '_', since iptables prints any other text in quotes.</summary>
    private const string Comment = "decloud-agent-";

    /// <summary>What is needed to have the rule in its place, or gone.</summary>
    /// <param name="listing">What <c>iptables -S LIBVIRT_FWI</c> printed; null when there is no such chain.</param>
    /// <param name="table">The name of the agent's tables.</param>
    /// <param name="rules">The rules.</param>
    /// <returns>Arguments of iptables, a call each.</returns>
    public static IReadOnlyList<IReadOnlyList<string>> Repair(string? listing, string table, NetworkRules rules)
    {
        if (listing is null)
        {
            return [];
        }

        var lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l.StartsWith("-A ", StringComparison.Ordinal)).ToList();
        var ours = lines.Select((line, at) => (line, at)).Where(l => l.line.Contains(Comment + table + " ", StringComparison.Ordinal)).ToList();
        var wanted = Rule(table, rules);
        var first = lines.FindIndex(l => l.Contains($"-o {rules.Bridge} ", StringComparison.Ordinal) && l.Contains("-j REJECT", StringComparison.Ordinal));
        var isWanted = !rules.Forwards.IsEmpty;
        if (isWanted ? ours is [var only] && only.line == $"-A {Chain} {string.Join(' ', wanted)}" && (first < 0 || only.at < first) : ours.Count == 0)
        {
            return [];
        }

        // By number and from the end: what stands there may differ from what would be written now, and a removal moves those behind it.
        var removals = ours.Select(o => (IReadOnlyList<string>)["-w", "3", "-D", Chain, (o.at + 1).ToString(CultureInfo.InvariantCulture)]).Reverse();
        return isWanted ? [.. removals, ["-w", "3", "-I", Chain, "1", .. wanted]] : [.. removals];
    }

    /// <summary>The program; null when it is not installed, and then libvirt uses none of its chains either.</summary>
    public static string? Program => HostPrograms.Find("iptables");

    /// <summary>The arguments that list the chain.</summary>
    public static IReadOnlyList<string> List { get; } = ["-w", "3", "-S", Chain];

    // In the order in which iptables prints it, so that it can be compared.
    private static string[] Rule(string table, NetworkRules rules) =>
    [
        "-o", rules.Bridge, "-m", "conntrack", "--ctstate", "DNAT", "--ctorigdstport",
        string.Create(CultureInfo.InvariantCulture, $"{rules.RangeStart}:{rules.RangeEnd}"), "-m", "comment", "--comment", Comment + table, "-j", "ACCEPT",
    ];
}
