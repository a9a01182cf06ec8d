using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads what the machine is called and what it runs.</summary>
internal static class HostReader
{
    private const string Firmware = "/sys/class/dmi/id";

    /// <summary>What fills the fields that a board's maker left to others (seen in DMI of boards that were never set up).</summary>
    private static readonly HashSet<string> Blanks = new(StringComparer.OrdinalIgnoreCase)
    {
        "To Be Filled By O.E.M.", "Default string", "System manufacturer", "System Product Name", "Not Specified", "None", "O.E.M.",
    };

    /// <summary>Reads it.</summary>
    public static HostResource Read(HostTree tree, ILinuxCalls calls, bool hasHypervisorFlag) => new()
    {
        Hostname = tree.Text("/proc/sys/kernel/hostname"),
        OperatingSystem = OperatingSystem(tree),
        KernelVersion = tree.Text("/proc/sys/kernel/osrelease"),
        Architecture = calls.Architecture,
        Vendor = Named(tree.Text($"{Firmware}/sys_vendor")),
        Product = Named(tree.Text($"{Firmware}/product_name")) ?? tree.Text("/proc/device-tree/model"),
        Confinement = IsContainer(tree) ? "container" : hasHypervisorFlag || tree.Has("/sys/hypervisor/type") || IsVirtualFirmware(tree) ? "vm" : "none",
        BootedAt = BootedAt(tree),
    };

    /// <summary>Whether the agent sees a container's part of a machine, by the marks that container runtimes leave.</summary>
    public static bool IsContainer(HostTree tree) => tree.Has("/run/.containerenv") || tree.Has("/.dockerenv") || tree.Has("/run/systemd/container");

    private static string? Named(string? text) => text is null || Blanks.Contains(text) ? null : text;

    private static bool IsVirtualFirmware(HostTree tree) => tree.Text($"{Firmware}/sys_vendor") is "QEMU" or "VMware, Inc." or "innotek GmbH" or "Xen" or "Amazon EC2" or "Google";

    // os-release(5): shell assignments, with quotes where they are needed.
    private static string? OperatingSystem(HostTree tree)
    {
        const string key = "PRETTY_NAME=";
        var lines = tree.Lines("/etc/os-release") is { Count: > 0 } own ? own : tree.Lines("/usr/lib/os-release");
        return lines.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal))?[key.Length..].Trim().Trim('"', '\'');
    }

    private static DateTimeOffset? BootedAt(HostTree tree)
    {
        const string key = "btime ";
        var line = tree.Lines("/proc/stat").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
        return long.TryParse(line?[key.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 1L << 36 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
    }
}
