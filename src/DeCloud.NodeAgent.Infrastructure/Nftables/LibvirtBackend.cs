using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Infrastructure.Qemu;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>One of the two places where libvirt keeps the rules of its networks, and how the agent's one rule gets in there.</summary>
/// <param name="Table">The table, as the kernel names it; of the family IPv4.</param>
/// <param name="Chain">The chain of what is forwarded to a network.</param>
/// <param name="IsInKernel">Whether the chain is always one of nf_tables, so that where the kernel knows of no rules there are none.</param>
/// <param name="Lister">The program that lists the chain.</param>
/// <param name="List">Its arguments.</param>
/// <param name="Restorer">The program that makes several changes at once, which it reads.</param>
/// <param name="Restore">Its arguments.</param>
/// <param name="Package">What brings it.</param>
/// <param name="Repair">What that program shall read, from what the other printed (null when there is no such chain), the name of the agent's tables and its rules; null when nothing is to be done.</param>
internal sealed record LibvirtBackend(
    string Table,
    string Chain,
    bool IsInKernel,
    string Lister,
    IReadOnlyList<string> List,
    string Restorer,
    IReadOnlyList<string> Restore,
    string Package,
    Func<string?, string, NetworkRules, string?> Repair)
{
    /// <summary>iptables: every libvirt before 10.4, and later ones with <c>firewall_backend = "iptables"</c>.</summary>
    public static LibvirtBackend Iptables { get; } = new(
        "filter", LibvirtFirewall.Chain, IsInKernel: false, "iptables", ["-w", "3", "-S", LibvirtFirewall.Chain], "iptables-restore", ["-w", "3", "--noflush"], "iptables", LibvirtFirewall.Repair);

    /// <summary>nftables: libvirt 10.4 and later, where it was built to prefer it or its configuration says so.</summary>
    public static LibvirtBackend Nftables { get; } = new(
        LibvirtTable.Table, LibvirtTable.Chain, IsInKernel: true, "nft", ["-a", "list", "chain", "ip", LibvirtTable.Table, LibvirtTable.Chain], "nft", ["-f", "-"], "nftables", LibvirtTable.Repair);

    /// <summary>Where the listing program is; null when it is not installed, and then libvirt uses none of its chains either.</summary>
    public string? FindLister() => HostPrograms.Find(Lister);

    /// <summary>Where the program is that makes changes; null when it is not installed.</summary>
    public string? FindRestorer() => HostPrograms.Find(Restorer);
}
