using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads what the machine is called and what it runs, from the registry.</summary>
internal static class HostReader
{
    private const string Version = @"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
    private const string Firmware = @"HARDWARE\DESCRIPTION\System\BIOS";

    /// <summary>The first build of Windows 11, which still calls itself Windows 10 in the registry.</summary>
    private const int FirstBuildOf11 = 22000;

    /// <summary>Reads it.</summary>
    public static HostResource Read(IWindowsMachine machine) => new()
    {
        Hostname = machine.HostName,
        OperatingSystem = Name(machine),
        KernelVersion = Kernel(machine),
        Architecture = "x86_64",
        Vendor = machine.Text(Firmware, "SystemManufacturer"),
        Product = machine.Text(Firmware, "SystemProductName"),
        Confinement = IsVirtual(machine) ? "vm" : "none",
        BootedAt = machine.BootedAt,
    };

    private static string? Name(IWindowsMachine machine)
    {
        if (machine.Text(Version, "ProductName") is not { } product)
        {
            return null;
        }

        var name = Build(machine) >= FirstBuildOf11 && machine.Text(Version, "InstallationType") != "Server" ? product.Replace("Windows 10", "Windows 11", StringComparison.Ordinal) : product;
        return machine.Text(Version, "DisplayVersion") is { } release ? $"{name} {release}" : name;
    }

    private static string? Kernel(IWindowsMachine machine)
    {
        if (Build(machine) is not { } build)
        {
            return null;
        }

        // The numbers exist since Windows 10; before, the version was a text.
        var version = machine.Number(Version, "CurrentMajorVersionNumber") is { } major
            ? string.Create(CultureInfo.InvariantCulture, $"{major}.{machine.Number(Version, "CurrentMinorVersionNumber") ?? 0}")
            : machine.Text(Version, "CurrentVersion");
        var revision = machine.Number(Version, "UBR") is { } ubr ? string.Create(CultureInfo.InvariantCulture, $".{ubr}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{version}.{build}{revision}");
    }

    private static int? Build(IWindowsMachine machine) =>
        int.TryParse(machine.Text(Version, "CurrentBuildNumber") ?? machine.Text(Version, "CurrentBuild"), NumberStyles.None, CultureInfo.InvariantCulture, out var build) ? build : null;

    // Not by the processor's word: it says 'hypervisor' on bare metal too, where Windows puts its own below itself.
    private static bool IsVirtual(IWindowsMachine machine) => (machine.Text(Firmware, "SystemManufacturer"), machine.Text(Firmware, "SystemProductName")) switch
    {
        ("Microsoft Corporation", "Virtual Machine") => true,
        ("QEMU" or "VMware, Inc." or "innotek GmbH" or "Xen" or "Amazon EC2" or "Google" or "Parallels Software International Inc.", _) => true,
        (_, "KVM" or "Standard PC (Q35 + ICH9, 2009)" or "Standard PC (i440FX + PIIX, 1996)" or "OpenStack Nova") => true,
        _ => false,
    };
}
