using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Core.Node;

/// <summary>Says how the node is.</summary>
public static class HealthOf
{
    internal const string Fine = "ok", Degraded = "degraded", Failed = "failed";
    private const long GiB = 1L << 30;

    /// <summary>Counters are looked at once a second; when nothing came for so long, something is stuck.</summary>
    private static readonly TimeSpan SnapshotLasts = TimeSpan.FromSeconds(10);

    /// <summary>How the node is.</summary>
    /// <param name="node">What the node says of itself; null when it does not answer.</param>
    /// <param name="journal">What is wrong with the journal; empty when nothing is.</param>
    /// <param name="inventory">What the machine is made of; null when that is not known yet.</param>
    /// <param name="snapshot">What the machine is doing; null when that is not known yet.</param>
    /// <param name="now">The time.</param>
    public static HealthResource Node(NodeResource? node, IReadOnlyCollection<string> journal, NodeResources? inventory, NodeSnapshot? snapshot, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(journal);
        List<HealthCheckResource> checks =
        [
            node is not null
                ? new("node", Fine, "The agent's parts answer.")
                : new("node", Failed, "The agent's parts do not answer; they are starting, or overloaded. The log says more."),
            journal.Count == 0
                ? new("journal", Fine, "The journal can be written.")
                : new("journal", Failed, string.Join(' ', journal)),
        ];
        if (node is not null)
        {
            checks.AddRange(Hypervisor(node));
        }

        checks.AddRange((snapshot?.FileSystems ?? []).Select(Disk));
        checks.Add(Inventory(inventory));
        checks.Add(Sampling(snapshot, now));
        return new(checks.Exists(c => c.Status == Failed) ? Failed : checks.Exists(c => c.Status == Degraded) ? Degraded : Fine, checks);
    }

    private static HealthCheckResource[] Hypervisor(NodeResource node)
    {
        var libvirt = node.Hypervisor;
        if (libvirt.State == "unsupported")
        {
            return [new("hypervisor", Fine, libvirt.Reason ?? "This node runs no VMs.")];
        }

        if (libvirt.State != "connected")
        {
            return [new("hypervisor", Failed, $"libvirt is not connected: {libvirt.Reason} VMs go on running; the agent connects again by itself.")];
        }

        var ability = libvirt.Acceleration switch
        {
            "kvm" => new HealthCheckResource("hypervisor", Fine, $"libvirt {libvirt.LibvirtVersion} with QEMU {libvirt.QemuVersion} and KVM."),
            "emulation" => new("hypervisor", Degraded, $"VMs are emulated, slowly and without protection from each other: {libvirt.AccelerationReason}"),
            _ => new("hypervisor", Failed, $"VMs can't run: {libvirt.AccelerationReason}"),
        };
        return
        [
            ability,
            node.Reconciled
                ? new("vms", Fine, "Every VM was compared with libvirt.")
                : new("vms", Degraded, "Not every VM was compared with libvirt yet. If this lasts, the log says why."),
        ];
    }

    internal static HealthCheckResource Disk(FileSystemUsageResource disk)
    {
        var part = disk.TotalBytes > 0 ? (double)disk.AvailableBytes / disk.TotalBytes : 0;
        var inodes = disk is { InodesTotal: { } total and > 0, InodesAvailable: { } left } ? (double)left / total : 1;
        var free = string.Create(CultureInfo.InvariantCulture, $"{disk.AvailableBytes / (double)GiB:0.0} GiB ({100 * part:0.#} %) are free on {disk.MountPoint}");

        // A tenth of a large disk is plenty, so both must be little.
        var status = (part < 0.02 && disk.AvailableBytes < 5 * GiB) || inodes < 0.005 ? Failed
            : (part < 0.1 && disk.AvailableBytes < 50 * GiB) || inodes < 0.05 ? Degraded
            : Fine;
        return new("disk " + disk.MountPoint, status, status == Fine ? free + "." : inodes < 0.05
            ? string.Create(CultureInfo.InvariantCulture, $"Only {100 * inodes:0.#} % of the files that {disk.MountPoint} can hold may still be made. Remove files from it.")
            : $"Only {free}. Free space on it, or what is written to it will stop.");
    }

    private static HealthCheckResource Inventory(NodeResources? inventory) => inventory switch
    {
        null => new("inventory", Degraded, "The machine's inventory was not read yet."),
        { Gaps.Count: > 0 } => new("inventory", Degraded, string.Join(' ', inventory.Gaps)),
        _ => new("inventory", Fine, "The machine's inventory is whole."),
    };

    private static HealthCheckResource Sampling(NodeSnapshot? snapshot, DateTimeOffset now) => snapshot switch
    {
        null => new("snapshot", Degraded, "The machine's counters were not looked at yet."),
        _ when now - snapshot.At > SnapshotLasts => new("snapshot", Degraded, string.Create(
            CultureInfo.InvariantCulture, $"The machine's counters were last looked at {(now - snapshot.At).TotalSeconds:0} s ago. A file server that is away may be the cause.")),
        _ => new("snapshot", Fine, "The machine's counters are looked at every second."),
    };
}
