using DeCloud.Libvirt;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>How the agent uses libvirt.</summary>
public sealed record LibvirtHypervisorOptions
{
    /// <summary>Which driver of which daemon.</summary>
    public LibvirtUri Uri { get; init; } = LibvirtUri.Parse("qemu:///system");

    /// <summary>The libvirt network that VMs are attached to; started when it is not active.</summary>
    public string Network { get; init; } = "default";

    /// <summary>Whether the bridge passes no frame from one VM to another (libvirt 6.1 and later; Linux 4.18 and later).</summary>
    public bool IsolateGuests { get; init; } = true;

    /// <summary>Whether VMs may run without KVM, on QEMU's emulation: slow, and no boundary against a hostile guest.</summary>
    public bool AllowEmulation { get; init; }

    /// <summary>The longest an ordinary call may take.</summary>
    public TimeSpan CallDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest a start, a definition or the end of a domain may take. A cold capabilities cache alone costs libvirt many seconds.</summary>
    public TimeSpan SlowCallDeadline { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How many domains are started at once; about the number of cores, beyond which starts only slow each other down.</summary>
    public int StartsAtOnce { get; init; } = Math.Max(2, Environment.ProcessorCount);

    /// <summary>Whether VM disks bypass the page cache (O_DIRECT), which their file system must support.</summary>
    public bool DirectIo { get; init; } = true;

    /// <summary>A start that takes longer than this is worth a warning: libvirt should take about half a second.</summary>
    public TimeSpan SlowStart { get; init; } = TimeSpan.FromSeconds(2);
}
