using System.Globalization;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// The agent's rule in the table that libvirt keeps in nftables (src/network/network_nftables.c of libvirt): its chain <c>forward</c>, of priority 0, jumps to <c>guest_input</c>, where whatever
/// no guest began is rejected at the end. An accept of the agent's own table does not end the packet's way through that one, so the rule has to be in it, before the reject.
/// What libvirt adds it puts in front, when one of its networks starts; so here as with iptables the rule's place is watched.
/// </summary>
internal static class LibvirtTable
{
    /// <summary>The table, of the family <c>ip</c>.</summary>
    public const string Table = "libvirt_network";

    /// <summary>The chain of what is forwarded to guests.</summary>
    public const string Chain = "guest_input";

    private const string Handle = " # handle ";

    /// <summary>What is needed to have the rule in its place, or gone, in one transaction.</summary>
    /// <param name="listing">What <c>nft -a list chain ip libvirt_network guest_input</c> printed; null when there is no such chain.</param>
    /// <param name="table">The name of the agent's tables.</param>
    /// <param name="rules">The rules.</param>
    /// <returns>The input of <c>nft -f -</c>; null when everything is as it shall be.</returns>
    public static string? Repair(string? listing, string table, NetworkRules rules)
    {
        if (listing is null || !RuleText.IsInterface(rules.Bridge))
        {
            return null;
        }

        var mark = $"comment \"decloud-agent-{table} ";
        var lines = listing.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => l.Contains(Handle, StringComparison.Ordinal)).ToList();
        var ours = lines.Select((line, at) => (line, at)).Where(l => l.line.Contains(mark, StringComparison.Ordinal)).ToList();
        var first = lines.FindIndex(l => IsTo(l, rules.Bridge) && l.Contains(" reject", StringComparison.Ordinal));
        var isWanted = !rules.Forwards.IsEmpty;
        if (isWanted ? ours is [var only] && only.line.Contains(Comment(table, rules), StringComparison.Ordinal) && (first < 0 || only.at < first) : ours.Count == 0)
        {
            return null;
        }

        // A handle is never given twice in a table, so that it can't be another's rule that goes.
        var removals = string.Concat(ours.Select(o => $"delete rule ip {Table} {Chain} handle {o.line[(o.line.LastIndexOf(Handle, StringComparison.Ordinal) + Handle.Length)..]}\n"));
        return removals + (isWanted ? $"insert rule ip {Table} {Chain} {Rule(table, rules)}\n" : "");
    }

    private static bool IsTo(string line, string bridge) => line.StartsWith($"oif \"{bridge}\" ", StringComparison.Ordinal) || line.StartsWith($"oifname \"{bridge}\" ", StringComparison.Ordinal);

    /// <summary>
    /// What the rule was made for. It is known again by this alone: how nft prints the ports of a connection differs between its versions, and nobody changes a rule but by making it anew.
    /// </summary>
    private static string Comment(string table, NetworkRules rules) => string.Create(CultureInfo.InvariantCulture, $"comment \"decloud-agent-{table} {rules.Bridge} {rules.RangeStart}-{rules.RangeEnd}\"");

    private static string Rule(string table, NetworkRules rules) => string.Create(
        CultureInfo.InvariantCulture,
        $"oifname \"{rules.Bridge}\" meta l4proto {{ tcp, udp }} ct status dnat ct original proto-dst {rules.RangeStart}-{rules.RangeEnd} accept {Comment(table, rules)}");
}
