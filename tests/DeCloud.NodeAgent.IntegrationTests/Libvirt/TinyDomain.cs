using System.Xml.Linq;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Libvirt;

/// <summary>Emulated machines that need no operating system: nothing to boot, or a boot sector with a single trick.</summary>
internal static class TinyDomain
{
    /// <summary>Stands still for ever.</summary>
    public static readonly byte[] IdleDisk = BootDisk(0xf4, 0xeb, 0xfd);

    /// <summary>Powers the machine off as ACPI does: SLP_EN to the PM1a control port of the q35 chipset.</summary>
    public static readonly byte[] PowerOffDisk = BootDisk(0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xf4, 0xeb, 0xfd);

    /// <summary>Resets the machine through the keyboard controller, and so again at each boot.</summary>
    public static readonly byte[] ResetDisk = BootDisk(0xb0, 0xfe, 0xe6, 0x64, 0xf4, 0xeb, 0xfd);

    /// <summary>Arms the ib700 watchdog with a time of zero.</summary>
    private static readonly byte[] WatchdogDisk = BootDisk(0xba, 0x43, 0x04, 0xb0, 0x0f, 0xee, 0xf4, 0xeb, 0xfd);

    /// <summary>Writes 127 sectors from sector 2048 on (BIOS call 13h, function 43h; the packet is at offset 32).</summary>
    private static readonly byte[] WritingDisk = BootDisk(
        0x31, 0xc0, 0x8e, 0xd8, 0xbe, 0x20, 0x7c, 0xb4, 0x43, 0xb0, 0x00, 0xcd, 0x13, 0xf4, 0xeb, 0xfd,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0x10, 0x00, 0x7f, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x08, 0, 0, 0, 0, 0, 0);

    /// <summary>A machine without anything to boot.</summary>
    public static XElement Xml(string name, Guid uuid, params XElement[] devices) => new(
        "domain",
        new XAttribute("type", "qemu"),
        new XElement("name", name),
        new XElement("uuid", uuid),
        new XElement("memory", new XAttribute("unit", "MiB"), 32),
        new XElement("vcpu", 1),
        new XElement("os", new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", "q35"), "hvm")),
        new XElement("features", new XElement("acpi")),
        new XElement("devices", devices));

    /// <summary>A disk.</summary>
    public static XElement Disk(string path) => new(
        "disk",
        new XAttribute("type", "file"),
        new XAttribute("device", "disk"),
        new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "raw")),
        new XElement("source", new XAttribute("file", path)),
        new XElement("target", new XAttribute("dev", "vda"), new XAttribute("bus", "virtio")));

    /// <summary>A disk whose boot sector powers the machine off.</summary>
    public static XElement PowersItselfOff(LibvirtHost host) => Disk(Write(host, PowerOffDisk));

    /// <summary>A disk whose boot sector resets the machine.</summary>
    public static XElement ResetsItself(LibvirtHost host) => Disk(Write(host, ResetDisk));

    /// <summary>A watchdog that pauses the machine, and a disk whose boot sector lets it run out.</summary>
    public static XElement[] LetsItsWatchdogRunOut(LibvirtHost host) =>
    [
        Disk(Write(host, WatchdogDisk)),
        new XElement("watchdog", new XAttribute("model", "ib700"), new XAttribute("action", "pause")),
    ];

    /// <summary>A sparse disk on a file system too small for what its boot sector writes.</summary>
    public static async Task<XElement> FillsItsFileSystemAsync(LibvirtHost host)
    {
        var image = Write(host, WritingDisk);
        var folder = Path.Combine(host.Files, "full");
        Directory.CreateDirectory(folder);
        await host.ExecuteInsideAsync("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder);
        var small = Path.Combine(folder, "disk.img");
        await host.ExecuteInsideAsync("cp", "--sparse=always", image, small);
        await host.ExecuteInsideAsync("truncate", "--size=8M", small);
        return Disk(small);
    }

    /// <summary>A disk of zeros.</summary>
    public static XElement EmptyDisk(LibvirtHost host, int bytes) => Disk(Write(host, new byte[bytes]));

    /// <summary>A disk whose boot sector prints a letter on the serial console, and again whatever it reads there (port 3f8h).</summary>
    public static XElement[] Echoes(LibvirtHost host) =>
    [
        Disk(Write(host, BootDisk(
            0xba, 0xf8, 0x03, 0xb0, (byte)'!', 0xee,
            0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf8,
            0xba, 0xf8, 0x03, 0xec, 0xee, 0xeb, 0xf1))),
        Console(),
    ];

    /// <summary>A serial console.</summary>
    public static XElement Console() => new("console", new XAttribute("type", "pty"));

    /// <summary>The channel of an agent that nobody runs.</summary>
    public static XElement AgentChannel() => new(
        "channel",
        new XAttribute("type", "unix"),
        new XElement("target", new XAttribute("type", "virtio"), new XAttribute("name", "org.qemu.guest_agent.0")));

    /// <summary>Destroys and undefines a domain, whatever state it is in.</summary>
    public static async Task RemoveAsync(LibvirtConnection connection, Guid uuid)
    {
        if (await connection.Domains.FindAsync(uuid) is not { } domain)
        {
            return;
        }

        if ((await connection.Domains.GetStatusAsync(domain)).State != DomainState.ShutOff)
        {
            try
            {
                await connection.Domains.DestroyAsync(domain);
            }
            catch (LibvirtException exception) when (exception.Code == LibvirtErrorCode.OperationInvalid)
            {
                // A daemon that has just started may kill the process and then find that it is not running.
            }
        }

        await connection.Domains.UndefineAsync(domain);
    }

    private static byte[] BootDisk(params byte[] code)
    {
        // The firmware does not boot from a disk of one sector.
        var disk = new byte[1024 * 1024];
        code.CopyTo(disk, 0);
        disk[510] = 0x55;
        disk[511] = 0xaa;
        return disk;
    }

    private static string Write(LibvirtHost host, byte[] content)
    {
        var path = Path.Combine(host.Files, Guid.NewGuid().ToString("n") + ".img");
        File.WriteAllBytes(path, content);
        return path;
    }
}
