using System.Globalization;
using System.Xml.Linq;
using CsCheck;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure.Libvirt;

namespace DeCloud.NodeAgent.Tests.Hypervisor;

public sealed class DomainXmlTests
{
    private static readonly VmId Id = new(Guid.Parse("3f2b8c1d-5e6a-4b7c-8d9e-0a1b2c3d4e5f"));
    private static readonly DomainSpec Sample = new(
        Id,
        2,
        2L << 30,
        new($"/var/lib/decloud/vms/{Id}/disk.qcow2", $"/var/lib/decloud/vms/{Id}/seed.img", $"/var/lib/decloud/vms/{Id}/console.log"),
        "/var/lib/decloud/images/sha256/0123456789abcdef");

    /// <summary>Every UTF-16 unit: control characters, quotes, line ends, both halves of surrogate pairs and what is no character at all.</summary>
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.Char.Array[0, 40].Select(c => new string(c)),
        Gen.OneOf([.. new[] { '<', '>', '&', '"', '\'', '\r', '\n', '\t', ' ', '/', '\0', '\x1b', '\ud83d', '\udc0d', '\ufffe', '\u0085', '\u2028', 'a' }.Select(Gen.Const)]).Array[0, 20].Select(c => new string(c)),
        Gen.OneOf([.. new[] { "]]>", "<!--", "-->", "<?xml?>", "<!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>", "&e;", "&#0;", "\r\n", "'/><devices/>", "\"/><devices/>" }.Select(Gen.Const)]).Array[1, 4].Select(string.Concat));

    [Theory]
    [InlineData(Acceleration.Kvm, true, "kvm.xml")]
    [InlineData(Acceleration.Emulation, false, "emulation.xml")]
    public async Task The_whole_domain_is_as_it_was_agreed_upon(Acceleration acceleration, bool directIo, string golden)
    {
        var expected = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Fixtures", "domain", golden));

        var built = DomainXml.Build(Sample, acceleration, new() { DirectIo = directIo }).ToString();

        Assert.Equal(expected.ReplaceLineEndings("\n").TrimEnd('\n'), built.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("<network><forward mode='nat'/><bridge name='virbr0'/></network>", "virbr0")]
    [InlineData("<network><bridge name='virbr1'/></network>", "virbr1")]
    [InlineData("<network><forward mode='bridge'/><bridge name='br0'/></network>", null)]
    [InlineData("<network><forward mode='passthrough'/></network>", null)]
    public void Only_a_bridge_that_libvirt_made_is_the_VMs_own(string xml, string? expected) => Assert.Equal(expected, DomainXml.BridgeOf(xml));

    [Fact]
    public void No_word_of_a_tenant_is_among_what_a_domain_is_made_of()
    {
        var texts = typeof(DomainSpec).GetProperties().Where(p => p.PropertyType != typeof(int) && p.PropertyType != typeof(long)).Select(p => p.Name);

        Assert.Equal(["BaseImage", "HostDevices", "Id", "InterfaceName", "MacAddress", "OverlayBridge", "OverlayInterfaceName", "OverlayMacAddress", "Paths"], texts.Order(StringComparer.Ordinal));
        Assert.Equal(["ConsoleLog", "Disk", "Seed"], typeof(VmPaths).GetProperties().Select(p => p.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_gpu_goes_with_its_whole_group_and_back_to_the_host_at_the_end()
    {
        var expected = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Fixtures", "domain", "gpu.xml"));

        var built = DomainXml.Build(Sample with { HostDevices = ["0000:65:00.0", "0000:65:00.1", "10000:e1:1f.7"] }, Acceleration.Kvm, new() { DirectIo = true });

        Assert.Equal(expected.ReplaceLineEndings("\n").TrimEnd('\n'), built.ToString().ReplaceLineEndings("\n"));
        var devices = built.Element("devices")!;
        devices.Elements("hostdev").Remove();
        Assert.Equal(DomainXml.Build(Sample, Acceleration.Kvm, new() { DirectIo = true }).ToString(), built.ToString());
    }

    [Fact]
    public void An_attached_VM_has_a_second_interface_and_is_else_as_any_other()
    {
        var built = DomainXml.Build(Sample with { OverlayBridge = "dcoverlay" }, Acceleration.Kvm, new() { DirectIo = true });

        var second = built.Element("devices")!.Elements("interface").Last();
        Assert.Equal(
            """
            <interface type="bridge">
              <mac address="52:55:3f:2b:8c:1d" />
              <source bridge="dcoverlay" />
              <target dev="dcov3f2b8c1d5e6" />
              <model type="virtio" />
              <mtu size="1420" />
            </interface>
            """.ReplaceLineEndings("\n"),
            second.ToString().ReplaceLineEndings("\n"));
        second.Remove();
        Assert.Equal(DomainXml.Build(Sample, Acceleration.Kvm, new() { DirectIo = true }).ToString(), built.ToString());
    }

    [Fact]
    public void A_pci_function_is_said_as_it_is_or_refused()
    {
        var function = Gen.Select(Gen.Int[0, 0xfffff], Gen.Int[0, 0xff], Gen.Int[0, 0x1f], Gen.Int[0, 7]).Select(f => $"{f.Item1:x4}:{f.Item2:x2}:{f.Item3:x2}.{f.Item4:x}");
        Gen.OneOf(function, AnyText, Gen.String[Gen.Char["0a:.f\n"], 10, 13]).Sample(
            text =>
            {
                XElement built;
                try
                {
                    built = DomainXml.Build(Sample with { HostDevices = [text] }, Acceleration.Kvm, new());
                }
                catch (FailureException refused)
                {
                    Assert.False(GpuWish.IsAddress(text));
                    Assert.DoesNotContain(refused.Message, char.IsControl);
                    return;
                }

                var address = Assert.Single(built.Descendants("hostdev")).Element("source")!.Element("address")!;
                var read = string.Create(CultureInfo.InvariantCulture, $"{Part("domain"):x4}:{Part("bus"):x2}:{Part("slot"):x2}.{Part("function"):x}");
                Assert.Equal(Convert.ToInt32(text.Split(':')[0], 16), Part("domain"));
                Assert.EndsWith(read[^7..], text, StringComparison.Ordinal);

                int Part(string name) => Convert.ToInt32((string)address.Attribute(name)!, 16);
            },
            iter: 3000);
    }

    [Fact]
    public void Any_text_stays_the_value_it_is_or_is_refused() =>
        Gen.Select(AnyText, AnyText, AnyText, AnyText, AnyText, Gen.Bool).Sample(
            (disk, seed, log, image, network, isKvm) =>
            {
                string[] texts = [disk, seed, log, image, network];
                var acceleration = isKvm ? Acceleration.Kvm : Acceleration.Emulation;
                var domain = Sample with { Paths = new(disk, seed, log), BaseImage = image };
                var plain = DomainXml.Build(Sample, acceleration, new());
                if (!Array.TrueForAll(texts, IsXml))
                {
                    var refused = Assert.Throws<FailureException>(() => DomainXml.Build(domain, acceleration, new() { Network = network })).Failure;
                    Assert.Equal((FailureCodes.HypervisorError, true), (refused.Code, refused.IsPermanent));
                    Assert.DoesNotContain(refused.Message, char.IsControl);
                    return;
                }

                var sent = DomainXml.Build(domain, acceleration, new() { Network = network }).ToString(SaveOptions.DisableFormatting);
                var read = XElement.Parse(sent, LoadOptions.PreserveWhitespace);

                Assert.Equal(Shape(plain), Shape(read));
                Assert.Equal(texts, Texts(read));
            },
            iter: 3000);

    [Fact]
    public void Any_numbers_are_said_as_they_are_or_refused() =>
        Gen.Select(Gen.OneOf(Gen.Int, Gen.Int[-2, 300]), Gen.OneOf(Gen.Long, Gen.Long[-2, 1L << 42])).Sample(
            (vCpus, memoryBytes) =>
            {
                XElement built;
                try
                {
                    built = DomainXml.Build(Sample with { VCpus = vCpus, MemoryBytes = memoryBytes }, Acceleration.Kvm, new());
                }
                catch (FailureException refused)
                {
                    Assert.True(vCpus < 1 || memoryBytes < 1024 || memoryBytes > 1L << 50, refused.Message);
                    return;
                }

                Assert.Equal(vCpus, (int)built.Element("vcpu")!);
                Assert.Equal(vCpus, (int)built.Element("cpu")!.Element("topology")!.Attribute("cores")!);
                Assert.Equal(memoryBytes / 1024, (long)built.Element("memory")!);
                Assert.Equal(memoryBytes / 1024, (long)built.Element("currentMemory")!);
                Assert.True((long)built.Element("memtune")!.Element("soft_limit")! > memoryBytes / 1024);
                Assert.InRange((int)built.Element("cputune")!.Element("shares")!, 2, 262_144);
                Assert.InRange((int)built.Descendants("driver").First().Attribute("queues")!, 1, Math.Min(vCpus, 4));
            });

    [Fact]
    public void Any_uuid_names_the_domain_and_its_interface() => Gen.Guid.Sample(uuid =>
    {
        var built = DomainXml.Build(Sample with { Id = new(uuid) }, Acceleration.Kvm, new());
        var mac = (string)built.Descendants("mac").Single().Attribute("address")!;

        Assert.Equal($"dc-{uuid}", (string)built.Element("name")!);
        Assert.Equal(uuid.ToString(), (string)built.Element("uuid")!);
        Assert.StartsWith("52:54:", mac, StringComparison.Ordinal);
        Assert.Equal(0, byte.Parse(mac.AsSpan(0, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & 1);
    });

    [Theory]
    [InlineData("<domain><devices><graphics type='vnc' socket='/a'><listen type='socket' socket='/b'/></graphics></devices></domain>", "/b")]
    [InlineData("<domain><devices><graphics type='vnc' socket='/a'/></devices></domain>", "/a")]
    [InlineData("<domain><devices><graphics type='spice' socket='/a'/><graphics type='vnc'><listen type='socket' socket='/b'/></graphics></devices></domain>", "/b")]
    [InlineData("<domain><devices><graphics type='vnc'><listen type='socket'/></graphics></devices></domain>", null)]
    [InlineData("<domain><devices><graphics type='vnc' port='5900'><listen type='address' address='127.0.0.1'/></graphics></devices></domain>", null)]
    [InlineData("<domain><devices/></domain>", null)]
    [InlineData("<domain/>", null)]
    public void The_vnc_socket_is_read_from_the_live_domain(string xml, string? expected) => Assert.Equal(expected, DomainXml.VncSocketOf(xml));

    [Theory]
    [InlineData("<domainCapabilities><path>/usr/bin/qemu</path><domain>kvm</domain></domainCapabilities>", true)]
    [InlineData("<domainCapabilities><domain>qemu</domain></domainCapabilities>", false)]
    [InlineData("<domainCapabilities/>", false)]
    public void Kvm_is_offered_when_the_capabilities_are_its_own(string xml, bool expected) => Assert.Equal(expected, DomainXml.IsKvm(xml));

    /// <summary>What XML 1.0 lets a document hold (production 2, Char).</summary>
    private static bool IsXml(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (text[i] is not ('\t' or '\n' or '\r' or (>= ' ' and <= '\ud7ff') or (>= '\ue000' and <= '\ufffd')))
            {
                return false;
            }
        }

        return true;
    }

    private static string[] Texts(XElement domain)
    {
        var devices = domain.Element("devices")!;
        var disks = devices.Elements("disk").ToArray();
        return
        [
            FileOf(disks[0].Element("source")),
            FileOf(disks[1].Element("source")),
            FileOf(devices.Element("serial")!.Element("log")),
            FileOf(disks[0].Element("backingStore")!.Element("source")),
            devices.Element("interface")!.Element("source")!.Attribute("network")!.Value,
        ];

        static string FileOf(XElement? element) => element!.Attribute("file")!.Value;
    }

    /// <summary>The names of all elements and attributes in their order.</summary>
    private static string Shape(XElement element) =>
        $"{element.Name}({string.Join(' ', element.Attributes().Select(a => a.Name))})[{string.Concat(element.Elements().Select(Shape))}]";
}
