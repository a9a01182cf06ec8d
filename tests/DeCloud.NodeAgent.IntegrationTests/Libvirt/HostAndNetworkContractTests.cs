using System.Globalization;
using System.Net;
using System.Xml.Linq;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Networks;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Libvirt;

[Collection(LibvirtHostCollection.Name)]
public sealed class HostAndNetworkContractTests(LibvirtHost host) : IAsyncLifetime
{
    private LibvirtConnection _connection = null!;

    public async Task InitializeAsync() => _connection = await host.ConnectAsync();

    public async Task DisposeAsync() => await _connection.DisposeAsync();

    [Fact]
    public async Task The_host_says_who_it_is()
    {
        Assert.Equal("QEMU", await _connection.Host.GetDriverNameAsync());
        Assert.True(await _connection.Host.GetLibvirtVersionAsync() >= new Version(9, 0, 0));
        Assert.True(await _connection.Host.GetHypervisorVersionAsync() >= new Version(7, 2, 0));
        Assert.NotEmpty(await _connection.Host.GetHostnameAsync());

        var node = await _connection.Host.GetNodeInfoAsync();
        Assert.Equal("x86_64", node.CpuModel);
        Assert.Equal(Environment.ProcessorCount, node.Cpus);
        Assert.InRange(node.MemoryKiB, 512ul * 1024, 64ul << 30);
        Assert.True(node.ThreadsPerCore >= 1 && node.CoresPerSocket >= 1 && node.SocketsPerNode >= 1 && node.NumaNodes >= 1);
    }

    [Fact]
    public async Task The_host_says_what_it_can_do()
    {
        var capabilities = XElement.Parse(await _connection.Host.GetCapabilitiesAsync());
        Assert.Equal("x86_64", capabilities.Element("host")!.Element("cpu")!.Element("arch")!.Value);

        var domain = XElement.Parse(await _connection.Host.GetDomainCapabilitiesAsync("qemu", "x86_64", "q35"));
        Assert.Equal("qemu", domain.Element("domain")!.Value);
        Assert.StartsWith("pc-q35", domain.Element("machine")!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_default_network_is_found_and_active()
    {
        var network = Assert.IsType<NetworkRef>(await _connection.Networks.FindAsync("default"));

        Assert.Equal(network, await _connection.Networks.FindAsync(network.Uuid));
        Assert.Contains(network, await _connection.Networks.ListAsync(NetworkListFlags.Active));
        Assert.True(await _connection.Networks.IsActiveAsync(network));
        Assert.Null(await _connection.Networks.FindAsync("no-such-network"));
        Assert.Equal("default", XElement.Parse(await _connection.Networks.GetXmlAsync(network)).Element("name")!.Value);

        var error = await Assert.ThrowsAsync<LibvirtException>(() => _connection.Networks.StartAsync(network));
        Assert.Equal(LibvirtErrorCode.OperationInvalid, error.Code);
        error = await Assert.ThrowsAsync<LibvirtException>(() =>
            _connection.Networks.IsActiveAsync(new NetworkRef("gone", Guid.NewGuid())));
        Assert.Equal(LibvirtErrorCode.NoNetwork, error.Code);
    }

    [Fact]
    public async Task Leases_are_told_of_the_network_and_of_the_domain()
    {
        const string Mac = "52:54:00:aa:bb:cc";
        var network = Assert.IsType<NetworkRef>(await _connection.Networks.FindAsync("default"));
        var bridge = XElement.Parse(await _connection.Networks.GetXmlAsync(network)).Element("bridge")!.Attribute("name")!.Value;
        var expires = new DateTimeOffset(2099, 1, 2, 3, 4, 5, TimeSpan.Zero);

        // What libvirt's own helper writes for dnsmasq when a guest takes a lease.
        var leaseFile = host.Inside("lib/libvirt/dnsmasq", bridge + ".status");
        await File.WriteAllTextAsync(leaseFile, $$"""
            [{"ip-address":"10.1.2.3","mac-address":"{{Mac}}","hostname":"guest","client-id":"ff:01","expiry-time":{{expires.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}}}]
            """);
        var uuid = Guid.NewGuid();
        try
        {
            var lease = Assert.Single(await _connection.Networks.GetDhcpLeasesAsync(network));
            Assert.Equal(bridge, lease.Interface);
            Assert.Equal(Mac, lease.Mac);
            Assert.Equal(IPAddress.Parse("10.1.2.3"), lease.Address);
            Assert.Equal(expires, lease.ExpiresAt);
            Assert.Equal(24, lease.Prefix);
            Assert.Equal("guest", lease.Hostname);
            Assert.Equal("ff:01", lease.ClientId);
            Assert.Empty(await _connection.Networks.GetDhcpLeasesAsync(network, "52:54:00:00:00:01"));

            var nic = new XElement(
                "interface",
                new XAttribute("type", "network"),
                new XElement("mac", new XAttribute("address", Mac)),
                new XElement("source", new XAttribute("network", "default")));
            var domain = await _connection.Domains.DefineAsync(TinyDomain.Xml("lease-" + uuid.ToString("n")[..8], uuid, nic).ToString());
            await _connection.Domains.StartAsync(domain, StartFlags.Paused);
            var seen = Assert.Single(await _connection.Domains.GetInterfaceAddressesAsync(domain, AddressSource.Lease));
            Assert.Equal(Mac, seen.Mac);
            var address = Assert.Single(seen.Addresses);
            Assert.Equal(IPAddress.Parse("10.1.2.3"), address.Address);
            Assert.Equal(24, address.Prefix);
        }
        finally
        {
            await TinyDomain.RemoveAsync(_connection, uuid);
            await File.WriteAllTextAsync(leaseFile, "");
        }
    }
}
