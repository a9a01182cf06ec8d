using System.Globalization;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Doctor;

/// <summary>What follows from what was seen. Pure: facts in, findings out.</summary>
internal static class Checks
{
    private const long GiB = 1L << 30, MiB = 1L << 20;

    /// <summary>Below these the disk of a host is too full or too slow to be offered.</summary>
    private const long LeastFree = 5 * GiB, ComfortablyFree = 20 * GiB, LeastWrite = 50 * MiB;

    private const long AsynchronousIoOfVm = 2048, EnoughAsynchronousIo = 1 << 20;
    private static readonly TimeSpan SlowFlush = TimeSpan.FromMilliseconds(50), NoticedSkew = TimeSpan.FromSeconds(5), WrongSkew = TimeSpan.FromMinutes(1), SoonExpired = TimeSpan.FromDays(14);

    /// <summary>Every finding, in the order in which a host is made ready.</summary>
    public static IReadOnlyList<Finding> Of(HostFacts host) =>
    [
        Kvm(host), Iommu(host), Libvirt(host), QemuUser(host), Programs(host), PacketFilter(host), Forwarding(host), AsynchronousIo(host), Clock(host), Space(host), Speed(host), Ports(host),
        .. Orchestrator(host), .. Certificates(host), Configuration(host), .. Agent(host),
    ];

    /// <summary>Hardware virtualization.</summary>
    public static Finding Kvm(HostFacts host)
    {
        const string check = "kvm";
        var lacking = host.CpuVirtualizes switch
        {
            null => "the processor could not be asked",
            false => "the processor shows neither vmx nor svm",
            true when !host.HasKvmDevice => "there is no /dev/kvm",
            _ => null,
        };
        return lacking is null ? Finding.Pass(check, "the processor virtualizes, and /dev/kvm is there")
            : host.CpuVirtualizes is null ? Finding.Skip(check, lacking)
            : host.AllowsEmulation ? Finding.Warn(check, $"{lacking}; VMs are emulated, which is slow and no boundary against a hostile guest", "For tests only. For tenants, turn virtualization on in the firmware and Libvirt:AllowEmulation off.")
            : Finding.Fail(check, $"{lacking}: VMs are refused", host.CpuVirtualizes is true
                ? "Load the module: modprobe kvm_intel or modprobe kvm_amd; see dmesg when it refuses."
                : "Turn virtualization (VT-x, AMD-V) on in the firmware; inside a VM, ask its host for nested virtualization.");
    }

    /// <summary>The IOMMU, without which no GPU can be given to a VM.</summary>
    public static Finding Iommu(HostFacts host) => host.IommuGroups switch
    {
        null => Finding.Skip("iommu", "the kernel does not tell"),
        0 => Finding.Warn("iommu", "it is off: GPUs can't be given to VMs", "Without GPUs to sell this is no matter. Otherwise turn VT-d or AMD-Vi on in the firmware, and add intel_iommu=on to the kernel's command line on Intel."),
        var groups => Finding.Pass("iommu", Text($"on, with {groups} groups")),
    };

    /// <summary>libvirt's daemon.</summary>
    public static Finding Libvirt(HostFacts host) => host.LibvirtSocket is { } socket
        ? Finding.Pass("libvirt", $"answers on {socket}")
        : Finding.Fail("libvirt", host.LibvirtProblem ?? "no daemon was found", "Install libvirt-daemon-system, then: systemctl enable --now libvirtd. Who is not root needs the group libvirt.");

    /// <summary>Whether QEMU's user gets to the VMs' disks.</summary>
    public static Finding QemuUser(HostFacts host) => host.QemuUser is null
        ? Finding.Fail("qemu user", "there is neither a user libvirt-qemu nor a user qemu", "Install qemu-system-x86 and libvirt-daemon-system.")
        : host.ClosedFolder is { } closed
            ? Finding.Fail("qemu user", $"{host.QemuUser} can't pass through {closed} to the VMs' disks", $"Let others pass: chmod o+x {closed}, or set StatePath to another folder.")
            : Finding.Pass("qemu user", $"{host.QemuUser} reaches the VMs' disks");

    /// <summary>The programs that the agent starts.</summary>
    public static Finding Programs(HostFacts host) => host.MissingPrograms.Count == 0
        ? Finding.Pass("programs", "all are installed")
        : Finding.Fail("programs", $"missing: {string.Join(", ", host.MissingPrograms.Select(p => p.Program))}", $"apt-get install {string.Join(' ', host.MissingPrograms.Select(p => p.Package).Distinct())}");

    /// <summary>nftables, which keep VMs from the host, its networks and each other.</summary>
    public static Finding PacketFilter(HostFacts host) => host.HasNfTables switch
    {
        true => Finding.Pass("nftables", "the kernel has them"),
        false => Finding.Warn("nftables", "the kernel has none, or nft fails", "modprobe nf_tables, and see what nft list tables says. Without them no VM is kept from this host's private networks; with Network:Isolation=On no VM starts."),
        null => Finding.Skip("nftables", "not loaded yet; run as root to try them"),
    };

    /// <summary>Forwarding, without which VMs have no internet.</summary>
    public static Finding Forwarding(HostFacts host) => host.Forwards switch
    {
        true => Finding.Pass("forwarding", "IPv4 packets are passed on"),
        false => Finding.Warn("forwarding", "IPv4 packets are not passed on: VMs have no way out", "libvirt turns it on with its network: virsh net-start default && virsh net-autostart default. By hand: sysctl -w net.ipv4.ip_forward=1"),
        null => Finding.Skip("forwarding", "the kernel does not tell"),
    };

    /// <summary>Asynchronous reads and writes: a QEMU takes 2,048 of them, and one that gets none does not start.</summary>
    public static Finding AsynchronousIo(HostFacts host) => host.AsynchronousIo switch
    {
        null => Finding.Skip("async io", "the kernel does not tell"),
        < EnoughAsynchronousIo and var few => Finding.Warn("async io", Text($"fs.aio-max-nr is {few}: enough for about {few / AsynchronousIoOfVm} running VMs"), Text($"sysctl -w fs.aio-max-nr={EnoughAsynchronousIo}, and the same in a file of /etc/sysctl.d.")),
        var many => Finding.Pass("async io", Text($"enough for about {many / AsynchronousIoOfVm} running VMs")),
    };

    /// <summary>The clock.</summary>
    public static Finding Clock(HostFacts host) => host.ClockIsSynchronized switch
    {
        true => Finding.Pass("clock", "kept in step"),
        false => Finding.Warn("clock", "not kept in step with others: certificates and orchestrators will object one day", "systemctl enable --now systemd-timesyncd, or install chrony."),
        null => Finding.Skip("clock", "the kernel does not tell"),
    };

    /// <summary>Room on the disk.</summary>
    public static Finding Space(HostFacts host) => host.FreeBytes switch
    {
        null => Finding.Skip("disk space", $"{host.StatePath ?? "the state folder"} could not be looked at"),
        < LeastFree => Finding.Fail("disk space", $"only {Quantities.Show(host.FreeBytes.Value)} are free below {host.StatePath}", "Free space, or set StatePath to a folder on a larger disk. decloud image list shows what images take."),
        < ComfortablyFree => Finding.Warn("disk space", $"{Quantities.Show(host.FreeBytes.Value)} are free below {host.StatePath}", "Enough for a few small VMs. A larger disk offers more."),
        _ => Finding.Pass("disk space", $"{Quantities.Show(host.FreeBytes.Value)} are free below {host.StatePath}"),
    };

    /// <summary>The disk's speed.</summary>
    public static Finding Speed(HostFacts host)
    {
        if (host.WriteBytesPerSecond is not { } write || host.FlushTime is not { } flush)
        {
            return Finding.Skip("disk speed", $"{host.StatePath ?? "the state folder"} can't be written by this user; run as root to try it");
        }

        var seen = Text($"{Quantities.Show((long)write)}/s, a small durable write takes {flush.TotalMilliseconds:0.0} ms");
        return write < LeastWrite || flush > SlowFlush
            ? Finding.Warn("disk speed", seen, "VMs share this disk, and every promise is flushed to it. Use an SSD; a RAID controller may need its write cache's battery.")
            : Finding.Pass("disk speed", seen);
    }

    /// <summary>Ports of this host.</summary>
    public static Finding Ports(HostFacts host)
    {
        if (host.ApiPortIsTaken is true)
        {
            return Finding.Fail("ports", Text($"port {host.ApiPort} of the API is held by something that is no agent"), Text($"ss -ltnp 'sport = :{host.ApiPort}' names it. Stop it, or set Http:Url to another port."));
        }

        return host is { VmPorts: { } vms, EphemeralPorts: { } own } && vms.First <= own.Last && own.First <= vms.Last
            ? Finding.Warn("ports", Text($"the VMs' ports {vms.First}-{vms.Last} overlap with the kernel's own {own.First}-{own.Last}"), "Set Ports:RangeStart and Ports:RangeEnd outside of it, or move it: sysctl net.ipv4.ip_local_port_range.")
            : Finding.Pass("ports", "free, and apart from the kernel's own");
    }

    /// <summary>The orchestrator, when there is one.</summary>
    public static IEnumerable<Finding> Orchestrator(HostFacts host)
    {
        if (host.OrchestratorUrl is not { } url)
        {
            yield return Finding.Skip("orchestrator", "none is configured");
            yield break;
        }

        yield return host.OrchestratorProblem is { } problem
            ? Finding.Warn("orchestrator", $"{url} can't be reached: {problem}", "VMs run on without it, and nothing new is sold. Check the address, the name server and the firewall: curl -v " + url)
            : Finding.Pass("orchestrator", $"{url} answers");
        if (host.OrchestratorSkew is { } skew)
        {
            var seen = $"this host is {Quantities.Show(skew.Duration())} {(skew > TimeSpan.Zero ? "ahead of" : "behind")} the orchestrator";
            yield return skew.Duration() >= WrongSkew ? Finding.Fail("clock skew", seen, "Signed commands are refused. Set the clock: systemctl restart systemd-timesyncd, or chronyc makestep.")
                : skew.Duration() >= NoticedSkew ? Finding.Warn("clock skew", seen, "Keep the clock in step: systemctl enable --now systemd-timesyncd.")
                : Finding.Pass("clock skew", seen);
        }
    }

    /// <summary>Certificates that are configured.</summary>
    public static IEnumerable<Finding> Certificates(HostFacts host) => host.Certificates.Select(c => c switch
    {
        { Problem: { } problem } => Finding.Fail("certificate", $"{c.Path} ({c.Key}): {problem}", "Put a PEM file there that the agent's user can read."),
        { NotAfter: { } end } when end <= host.Now => Finding.Fail("certificate", $"{c.Path} ({c.Key}) expired on {Quantities.Show(end)}", "Put a new one in its place, then restart the agent."),
        { NotBefore: { } begin } when begin > host.Now => Finding.Fail("certificate", $"{c.Path} ({c.Key}) holds from {Quantities.Show(begin)} only", "Set the clock right, or put another in its place."),
        { NotAfter: { } end } when end - host.Now < SoonExpired => Finding.Warn("certificate", $"{c.Path} ({c.Key}) expires on {Quantities.Show(end)}", "Put a new one in its place before that, then restart the agent."),
        _ => Finding.Pass("certificate", $"{c.Path} ({c.Key}) holds until {Quantities.Show(c.NotAfter!.Value)}"),
    });

    /// <summary>The agent's configuration.</summary>
    public static Finding Configuration(HostFacts host) => host.Configuration switch
    {
        null => Finding.Skip("configuration", "the agent's program is not on this host, or can't be run by this user"),
        { IsSound: true } => Finding.Pass("configuration", "sound"),
        { Text: var text } => Finding.Fail("configuration", text.Trim(), "Repair what is listed, then: systemctl restart decloud-agent"),
    };

    /// <summary>The agent, and what it says of itself.</summary>
    public static IEnumerable<Finding> Agent(HostFacts host) => host.Health is not { } health
        ? [Finding.Fail("agent", host.AgentProblem ?? "it can't be reached", "systemctl status decloud-agent, and journalctl -u decloud-agent tell more.")]
        : health.Checks.Select(c => c.Status switch
        {
            "ok" => Finding.Pass("agent: " + c.Name, c.Reason),
            "degraded" => Finding.Warn("agent: " + c.Name, c.Reason, "See what the agent says."),
            _ => Finding.Fail("agent: " + c.Name, c.Reason, "See what the agent says."),
        });

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
