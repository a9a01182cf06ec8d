using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>
/// The libvirt domain of a VM (https://libvirt.org/formatdomain.html). Built as a tree, never as text; every value in it is a number, a path of the agent's or a word of its configuration,
/// so nothing a tenant says reaches it.
/// </summary>
internal static class DomainXml
{
    /// <summary>The namespace of the agent's metadata element; a domain without the element is not the agent's.</summary>
    public const string MetadataNamespace = "urn:decloud:node-agent:1";

    private const long OverheadBytes = 512L << 20;

    /// <summary>Far above any machine, and far below where sums of it would overflow.</summary>
    private const long MostMemoryBytes = 1L << 50;
    private static readonly XNamespace Metadata = MetadataNamespace;

    /// <exception cref="FailureException">A value can't be said in XML, or is no amount of CPUs or memory.</exception>
    public static XElement Build(DomainSpec domain, Acceleration acceleration, LibvirtHypervisorOptions options)
    {
        Refuse(domain.VCpus < 1, $"{domain.VCpus} virtual CPUs");
        Refuse(domain.MemoryBytes is < 1024 or > MostMemoryBytes, $"{domain.MemoryBytes} bytes of memory");
        var isKvm = acceleration == Acceleration.Kvm;
        return new("domain",
            new XAttribute("type", isKvm ? "kvm" : "qemu"),
            new XElement("name", domain.Id.DomainName),
            new XElement("uuid", domain.Id.ToString()),
            new XElement("metadata", new XElement(Metadata + "vm", new XAttribute(XNamespace.Xmlns + "decloud", MetadataNamespace), new XAttribute("version", 1))),
            KiB("memory", domain.MemoryBytes),
            KiB("currentMemory", domain.MemoryBytes),
            // memory.high of cgroup v2. A hard limit would make libvirt raise the locked-memory limit, which hardened hosts refuse, and kill guests whose emulator needs a little more.
            new XElement("memtune", KiB("soft_limit", domain.MemoryBytes + (domain.MemoryBytes / 4) + OverheadBytes)),
            new XElement("vcpu", new XAttribute("placement", "static"), domain.VCpus),
            new XElement("iothreads", 1),
            new XElement("cputune", new XElement("shares", 1024 * Math.Min(domain.VCpus, 256)), new XElement("period", 100_000), new XElement("quota", 100_000)),
            new XElement("os", new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", "q35"), "hvm")),
            new XElement("features", new XElement("acpi"), new XElement("apic"), isKvm ? new XElement("pmu", State("off")) : null, new XElement("vmport", State("off"))),
            Cpu(domain.VCpus, isKvm),
            Clock(isKvm),
            new XElement("on_poweroff", "destroy"),
            new XElement("on_reboot", "restart"),
            new XElement("on_crash", "destroy"),
            new XElement("pm", new XElement("suspend-to-mem", new XAttribute("enabled", "no")), new XElement("suspend-to-disk", new XAttribute("enabled", "no"))),
            Devices(domain, options));
    }

    /// <summary>The Unix socket of the VNC server in a running domain's own XML; null when it has none.</summary>
    public static string? VncSocketOf(string liveXml)
    {
        var graphics = Parse(liveXml).Element("devices")?.Elements("graphics").FirstOrDefault(g => (string?)g.Attribute("type") == "vnc");
        return (string?)graphics?.Elements("listen").FirstOrDefault(l => (string?)l.Attribute("type") == "socket")?.Attribute("socket") ?? (string?)graphics?.Attribute("socket");
    }

    /// <summary>Whether libvirt's domain capabilities are of the type <c>kvm</c>.</summary>
    public static bool IsKvm(string domainCapabilities) => (string?)Parse(domainCapabilities).Element("domain") == "kvm";

    /// <summary>The bridge that libvirt made for a network; null when the network has none, or uses one of the operator's own, which other machines are on too.</summary>
    public static string? BridgeOf(string networkXml)
    {
        var network = Parse(networkXml);
        var isOwn = (string?)network.Element("forward")?.Attribute("mode") is not ("bridge" or "private" or "vepa" or "passthrough" or "hostdev");
        return isOwn ? (string?)network.Element("bridge")?.Attribute("name") : null;
    }

    private static XElement Cpu(int vCpus, bool isKvm) => new("cpu",
        new XAttribute("mode", isKvm ? "host-passthrough" : "maximum"),
        new XAttribute("check", "none"),
        isKvm ? new XAttribute("migratable", "on") : null,
        new XElement("topology", new XAttribute("sockets", 1), new XAttribute("dies", 1), new XAttribute("cores", vCpus), new XAttribute("threads", 1)));

    private static XElement Clock(bool isKvm) => new("clock",
        new XAttribute("offset", "utc"),
        new XElement("timer", new XAttribute("name", "rtc"), new XAttribute("tickpolicy", "catchup")),
        new XElement("timer", new XAttribute("name", "pit"), new XAttribute("tickpolicy", "delay")),
        new XElement("timer", new XAttribute("name", "hpet"), new XAttribute("present", "no")),
        isKvm ? new XElement("timer", new XAttribute("name", "kvmclock"), new XAttribute("present", "yes")) : null);

    private static XElement Devices(DomainSpec domain, LibvirtHypervisorOptions options) => new("devices",
        new XElement("controller", new XAttribute("type", "usb"), new XAttribute("model", "none")),
        new XElement("controller", new XAttribute("type", "virtio-serial"), new XAttribute("index", 0)),
        RootDisk(domain, options),
        Seed(domain),
        new XElement("interface",
            new XAttribute("type", "network"),
            new XElement("mac", new XAttribute("address", domain.MacAddress)),
            new XElement("source", Text("network", options.Network)),
            // Named ahead, because the packet filter tells guests apart by it.
            new XElement("target", new XAttribute("dev", domain.InterfaceName)),
            new XElement("model", new XAttribute("type", "virtio")),
            options.IsolateGuests ? new XElement("port", new XAttribute("isolated", "yes")) : null),
        OverlayInterface(domain),
        new XElement("serial",
            new XAttribute("type", "pty"),
            // virtlogd writes the log and rotates it at its own bound (max_size in virtlogd.conf, 2 MiB by default).
            new XElement("log", Text("file", domain.Paths.ConsoleLog), new XAttribute("append", "on")),
            new XElement("target", new XAttribute("type", "isa-serial"), new XAttribute("port", 0))),
        new XElement("console", new XAttribute("type", "pty"), new XElement("target", new XAttribute("type", "serial"), new XAttribute("port", 0))),
        new XElement("channel", new XAttribute("type", "unix"), new XElement("target", new XAttribute("type", "virtio"), new XAttribute("name", "org.qemu.guest_agent.0"))),
        new XElement("graphics", new XAttribute("type", "vnc"), new XElement("listen", new XAttribute("type", "socket"))),
        new XElement("video", new XElement("model", new XAttribute("type", "vga"), new XAttribute("vram", 16384))),
        domain.HostDevices.Select(HostDevice),
        new XElement("rng", new XAttribute("model", "virtio"), new XElement("backend", new XAttribute("model", "random"), "/dev/urandom")),
        new XElement("watchdog", new XAttribute("model", "i6300esb"), new XAttribute("action", "reset")),
        new XElement("panic", new XAttribute("model", "isa")),
        new XElement("memballoon",
            new XAttribute("model", "virtio"),
            new XAttribute("autodeflate", "on"),
            new XAttribute("freePageReporting", "on"),
            new XElement("stats", new XAttribute("period", 10))));

    /// <summary>
    /// The interface on the overlay. Not isolated as a port, since the VMs of a node are neighbours there; who speaks under which address is the packet filter's business. The MTU reaches the guest
    /// by virtio, so that one which reads no network-config does not send what WireGuard can't carry.
    /// </summary>
    private static XElement? OverlayInterface(DomainSpec domain) => domain.OverlayBridge is not { } bridge ? null : new("interface",
        new XAttribute("type", "bridge"),
        new XElement("mac", new XAttribute("address", domain.OverlayMacAddress)),
        new XElement("source", Text("bridge", bridge)),
        new XElement("target", new XAttribute("dev", domain.OverlayInterfaceName)),
        new XElement("model", new XAttribute("type", "virtio")),
        new XElement("mtu", new XAttribute("size", VmSubnet.Mtu)));

    /// <summary>The chain is spelled out, formats and end included: what is not probed can't be forged by a guest.</summary>
    private static XElement RootDisk(DomainSpec domain, LibvirtHypervisorOptions options) => new("disk",
        new XAttribute("type", "file"),
        new XAttribute("device", "disk"),
        new XElement("driver",
            new XAttribute("name", "qemu"),
            new XAttribute("type", "qcow2"),
            options.DirectIo ? new object[] { new XAttribute("cache", "none"), new XAttribute("io", "native") } : new XAttribute("cache", "writeback"),
            new XAttribute("error_policy", "enospace"),
            new XAttribute("discard", "unmap"),
            new XAttribute("detect_zeroes", "unmap"),
            new XAttribute("iothread", 1),
            new XAttribute("queues", Math.Min(domain.VCpus, 4))),
        new XElement("source", Text("file", domain.Paths.Disk)),
        new XElement("backingStore",
            new XAttribute("type", "file"),
            new XElement("format", new XAttribute("type", "qcow2")),
            new XElement("source", Text("file", domain.BaseImage)),
            new XElement("backingStore")),
        new XElement("target", new XAttribute("dev", "vda"), new XAttribute("bus", "virtio")),
        new XElement("serial", "root"),
        new XElement("boot", new XAttribute("order", 1)));

    /// <summary>A virtio disk, because the kernels of cloud images have no driver for a CD-ROM on SATA.</summary>
    private static XElement Seed(DomainSpec domain) => new("disk",
        new XAttribute("type", "file"),
        new XAttribute("device", "disk"),
        new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", "raw")),
        new XElement("source", Text("file", domain.Paths.Seed)),
        new XElement("backingStore"),
        new XElement("target", new XAttribute("dev", "vdb"), new XAttribute("bus", "virtio")),
        new XElement("readonly"),
        new XElement("serial", "cidata"));

    /// <summary>
    /// A PCI function of the host. <c>managed</c>: libvirt takes it from the host's driver and binds it to vfio-pci at the start, and gives it back at the end. Placed by libvirt behind a root port
    /// of its own, which q35 needs for PCI Express.
    /// </summary>
    private static XElement HostDevice(string address)
    {
        Refuse(!GpuWish.IsAddress(address), $"the PCI function '{Uri.EscapeDataString(address)}'");
        var parts = address.Split(':', '.');
        return new("hostdev",
            new XAttribute("mode", "subsystem"),
            new XAttribute("type", "pci"),
            new XAttribute("managed", "yes"),
            new XElement("driver", new XAttribute("name", "vfio")),
            new XElement("source", new XElement("address",
                new XAttribute("domain", "0x" + parts[0]), new XAttribute("bus", "0x" + parts[1]), new XAttribute("slot", "0x" + parts[2]), new XAttribute("function", "0x" + parts[3]))));
    }

    private static XElement KiB(string name, long bytes) => new(name, new XAttribute("unit", "KiB"), (bytes / 1024).ToString(CultureInfo.InvariantCulture));

    /// <summary>An attribute that reads back as it was given: XML has no way to write most control characters, nor half a surrogate pair.</summary>
    private static XAttribute Text(string name, string value)
    {
        try
        {
            return new(name, XmlConvert.VerifyXmlChars(value));
        }
        catch (XmlException)
        {
            throw Refusal($"the {name} '{Uri.EscapeDataString(value)}', which has characters that XML can't carry");
        }
    }

    private static void Refuse(bool isWrong, string what)
    {
        if (isWrong)
        {
            throw Refusal(what);
        }
    }

    private static FailureException Refusal(string what) => FailureException.Permanent(FailureCodes.HypervisorError, $"No domain can be defined with {what}.");

    private static XAttribute State(string state) => new("state", state);

    private static XElement Parse(string xml)
    {
        using var reader = XmlReader.Create(new StringReader(xml), new() { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
        return XElement.Load(reader);
    }
}
