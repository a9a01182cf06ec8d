using System.Net;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Tests.Configuration;

public sealed class NodeConfigurationTests
{
    private const string Token = "0123456789abcdef0123456789abcdef";

    [Fact]
    public void Nothing_configured_is_right_and_listens_on_loopback()
    {
        Assert.Empty(Read([], out var options));

        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 5100), options.Http.Listen);
        Assert.Null(options.Http.ApiToken);
        Assert.Null(options.Http.Socket);
        Assert.Equal("/var/lib/decloud/vms", options.Libvirt.VmStoragePath);
        Assert.Equal("/var/lib/decloud/images", options.Libvirt.ImageCachePath);
        Assert.Equal("Data Source=/var/lib/decloud/journal.db", options.Persistence.ConnectionString);
        Assert.False(options.Libvirt.AllowEmulation);
        Assert.False(options.Images.AllowPrivateAddresses);
        Assert.Equal(TimeSpan.FromMinutes(1), options.Vms.StopGrace);
        Assert.Equal(new CapacitySection(16, 0, 1L << 30, 5L << 30, true), options.Capacity);
    }

    [Fact]
    public void Every_value_arrives_where_it_belongs()
    {
        Assert.Empty(Read(
            [
                ("StatePath", "/srv/dc/"), ("Libvirt:VmStoragePath", "/a"), ("Libvirt:ImageCachePath", "/b"), ("Libvirt:Uri", "qemu+unix:///system?socket=/run/x"), ("Libvirt:Network", "lab"),
                ("Libvirt:AllowEmulation", "True"), ("Libvirt:CallTimeout", "5s"), ("Libvirt:StartTimeout", "00:01:30"), ("Images:BudgetBytes", "2 TiB"), ("Images:MaxDownloadBytes", "1073741824"),
                ("Images:MaxVirtualBytes", "3gib"), ("Images:IdleTimeout", "500ms"), ("Images:TotalTimeout", "1h"), ("Images:AllowHttp", "true"), ("Images:AllowPrivateAddresses", "true"), ("Images:ReserveBytes", "0"),
                ("vms:stopgrace", "2m"), ("Vms:MaxVCpus", "3"), ("Vms:MaxMemoryBytes", "64MiB"), ("Vms:MaxDiskBytes", "1MiB"), ("Vms:MaxStarts", "2"), ("Capacity:CpuOvercommitRatio", "2.5"), ("Capacity:ReserveCpus", "3"),
                ("Capacity:ReserveMemoryBytes", "6 GiB"), ("Capacity:ReserveDiskBytes", "0"), ("Capacity:OfferGpus", "false"), ("Persistence:Provider", "postgresql"),
                ("Persistence:ConnectionString", "Host=db;Password=x"), ("Http:Url", "http://[::1]:7000"), ("Http:AllowedHosts:0", "A.example"), ("Http:AllowedHosts:1", "b.example"), ("Http:MaxRequestBodyBytes", "1 MiB"),
                ("Http:MaxConnections", "9"), ("Http:HeadersTimeout", "1s"), ("Http:ApiToken", Token), ("Http:Socket", "/run/decloud/agent.sock"), ("WireGuard:InterfaceName", "wg7"), ("WireGuard:ListenPort", "51821"), ("WireGuard:Address", "10.80.0.7/16"), ("WireGuard:VmSubnet", "10.80.7.0/24"), ("WireGuard:VmBridge", "dc7"),
                ("Heartbeat:Interval", "10s"), ("Heartbeat:OrchestratorUrl", "https://o.example/"), ("Orchestrator:BaseUrl", "https://o.example/"), ("Orchestrator:ApiKey", Token),
                ("Network:Isolation", "on"), ("Network:AllowPrivateNetworks", "10.20.0.0/16,192.168.7.0/24"), ("Network:Table", "dc_2"), ("Ports:RangeStart", "20000"), ("Ports:RangeEnd", "20009"), ("Ports:MaxPerVm", "5"),
            ],
            out var o));

        Assert.Equal("/srv/dc", o.StatePath);
        Assert.Equal(new LibvirtSection("/a", "/b", "qemu+unix:///system?socket=/run/x", "lab", true, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(90)), o.Libvirt);
        Assert.Equal(new ImagesSection(2L << 40, 1L << 30, 3L << 30, TimeSpan.FromMilliseconds(500), TimeSpan.FromHours(1), true, true, 0), o.Images);
        Assert.Equal(new VmsSection(TimeSpan.FromMinutes(2), 3, 64 << 20, 1 << 20, 2), o.Vms);
        Assert.Equal(new CapacitySection(2.5, 3, 6L << 30, 0, false), o.Capacity);
        Assert.Equal(new PersistenceSection(PersistenceProvider.PostgreSql, "Host=db;Password=x"), o.Persistence);
        Assert.Equal((new IPEndPoint(IPAddress.IPv6Loopback, 7000), 1L << 20, 9, TimeSpan.FromSeconds(1), Token, "/run/decloud/agent.sock"), (o.Http.Listen, o.Http.MaxRequestBodyBytes, o.Http.MaxConnections, o.Http.HeadersTimeout, o.Http.ApiToken, o.Http.Socket));
        Assert.Equal(["a.example", "b.example"], o.Http.AllowedHosts);
        Assert.Equal(new WireGuardSection("wg7", 51821, new(IPAddress.Parse("10.80.0.7"), 16), IPNetwork.Parse("10.80.7.0/24"), "dc7"), o.WireGuard);
        Assert.Equal(new HeartbeatSection(TimeSpan.FromSeconds(10), new("https://o.example/")), o.Heartbeat);
        Assert.Equal((IsolationMode.On, "dc_2"), (o.Network.Isolation, o.Network.Table));
        Assert.Equal(["10.20.0.0/16", "192.168.7.0/24"], o.Network.AllowPrivateNetworks.Select(n => n.ToString()));
        Assert.Equal(new PortsSection(20000, 20009, 5), o.Ports);
        Assert.Equal(new OrchestratorSection(new("https://o.example/"), Token), o.Orchestrator);
    }

    [Theory]
    [InlineData("StatePath", "relative/path")]
    [InlineData("StatePath", "/a/../b")]
    [InlineData("Libvirt:VmStoragePath", "/a//b")]
    [InlineData("Libvirt:Uri", "qemu+ssh://other/system")]
    [InlineData("Libvirt:Uri", "xen:///system")]
    [InlineData("Libvirt:Uri", "nonsense")]
    [InlineData("Libvirt:Network", "a b")]
    [InlineData("Network:Isolation", "maybe")]
    [InlineData("Network:AllowPrivateNetworks", "10.20.0.1/16")]
    [InlineData("Network:AllowPrivateNetworks", "fd00::/8")]
    [InlineData("Network:Table", "a b; flush ruleset")]
    [InlineData("Ports:RangeStart", "80")]
    [InlineData("Ports:RangeEnd", "65536")]
    [InlineData("Ports:RangeStart", "42000")]
    [InlineData("Ports:MaxPerVm", "-1")]
    [InlineData("Libvirt:AllowEmulation", "yes")]
    [InlineData("Libvirt:CallTimeout", "10")]
    [InlineData("Libvirt:CallTimeout", "0s")]
    [InlineData("Libvirt:CallTimeout", "2d")]
    [InlineData("Images:BudgetBytes", "-1")]
    [InlineData("Images:BudgetBytes", "10 GB")]
    [InlineData("Images:BudgetBytes", "9999999999999 TiB")]
    [InlineData("Images:BudgetBytes", "1.5 GiB")]
    [InlineData("Vms:MaxVCpus", "0")]
    [InlineData("Vms:MaxVCpus", "two")]
    [InlineData("Vms:StopGrace", "-00:00:01")]
    [InlineData("Capacity:CpuOvercommitRatio", "0.5")]
    [InlineData("Capacity:CpuOvercommitRatio", "1001")]
    [InlineData("Capacity:CpuOvercommitRatio", "NaN")]
    [InlineData("Capacity:CpuOvercommitRatio", "1,5")]
    [InlineData("Capacity:ReserveCpus", "-1")]
    [InlineData("Capacity:ReserveMemoryBytes", "-1 GiB")]
    [InlineData("Capacity:ReserveDiskBytes", "10%")]
    [InlineData("Capacity:OfferGpus", "all")]
    [InlineData("Persistence:Provider", "MySql")]
    [InlineData("Persistence:Provider", "1")]
    [InlineData("Http:Url", "127.0.0.1:5100")]
    [InlineData("Http:Url", "https://127.0.0.1:5100")]
    [InlineData("Http:Url", "http://*:5100")]
    [InlineData("Http:Url", "http://+:5100")]
    [InlineData("Http:Url", "http://node.example:5100")]
    [InlineData("Http:Url", "http://127.0.0.1:5100/api")]
    [InlineData("Http:Url", "http://127.0.0.1:99999")]
    [InlineData("Http:AllowedHosts", "*")]
    [InlineData("Http:AllowedHosts", "a b")]
    [InlineData("Http:AllowedHosts", "http://a")]
    [InlineData("Http:MaxConnections", "0")]
    [InlineData("Http:Socket", "agent.sock")]
    [InlineData("Http:Socket", "/run/a-very-long-path/a-very-long-path/a-very-long-path/a-very-long-path/a-very-long-path/agent.sock-too-long")]
    [InlineData("WireGuard:InterfaceName", "an-interface-name-too-long")]
    [InlineData("WireGuard:InterfaceName", "../wg0")]
    [InlineData("WireGuard:ListenPort", "70000")]
    [InlineData("WireGuard:Address", "10.0.0.1")]
    [InlineData("WireGuard:Address", "10.0.0.1/33")]
    [InlineData("WireGuard:Address", "10.0.0.1/4")]
    [InlineData("WireGuard:Address", "10.0.0.0/16")]
    [InlineData("WireGuard:Address", "10.0.0.1/32")]
    [InlineData("WireGuard:Address", "fd00::/64")]
    [InlineData("WireGuard:VmSubnet", "10.80.7.0/24")]
    [InlineData("WireGuard:VmSubnet", "10.80.7.1/24")]
    [InlineData("WireGuard:VmBridge", "a bridge")]
    [InlineData("Heartbeat:Interval", "0s")]
    [InlineData("Heartbeat:OrchestratorUrl", "ftp://x")]
    [InlineData("Orchestrator:BaseUrl", "https://user:pw@x")]
    [InlineData("Orchestrator:Wallet", "0x12")]
    [InlineData("Orchestrator:Country", "DEU")]
    [InlineData("Orchestrator:Region", "a\nRegion: b")]
    [InlineData("Orchestrator:MachineId", "a\nCountry: DE")]
    [InlineData("Orchestrator:PublicIp", "0.0.0.0")]
    [InlineData("Orchestrator:AgentPort", "65536")]
    [InlineData("Orchestrator:AcceptTermsHash", "abc")]
    [InlineData("Orchestrator:WalletKeyFile", "relative")]
    public void A_wrong_value_is_named_with_key_value_origin_reason_and_remedy(string key, string value)
    {
        var error = Assert.Single(Read([(key, value)], out _));

        Assert.Equal((key, value, "test"), (error.Key, error.Value, error.Origin));
        Assert.NotEmpty(error.Reason);
        Assert.NotEmpty(error.Remedy);
        Assert.DoesNotContain('\n', error.ToString());
    }

    [Theory]
    [InlineData("http://0.0.0.0:5100")]
    [InlineData("http://[::]:5100")]
    [InlineData("http://10.0.0.5:5100")]
    [InlineData("http://192.168.1.1")]
    public void Listening_to_the_world_needs_a_token(string url)
    {
        var error = Assert.Single(Read([("Http:Url", url)], out _));
        Assert.Equal("Http:Url", error.Key);
        Assert.Contains("Http:ApiTokenFile", error.Remedy, StringComparison.Ordinal);

        Assert.Empty(Read([("Http:Url", url), ("Http:ApiToken", Token)], out _));
        Assert.Equal(["Http:ApiToken"], Read([("Http:Url", url), ("Http:ApiToken", "short")], out _).Select(e => e.Key));
    }

    [Theory]
    [InlineData("http://127.0.0.1:5100")]
    [InlineData("http://127.8.8.8:5100")]
    [InlineData("http://localhost:5100")]
    [InlineData("http://LOCALHOST")]
    [InlineData("http://[::1]:5100")]
    [InlineData("http://127.0.0.1:0")]
    public void Loopback_needs_none(string url) => Assert.Empty(Read([("Http:Url", url)], out _));

    [Fact]
    public void Every_error_is_listed_at_once()
    {
        var errors = Read([("Http:Url", "x"), ("Vms:MaxVCpus", "x"), ("Images:AllowHttp", "x"), ("Nonsense", "x"), ("Libvirt:Urii", "x"), ("Persistence:Provider", "PostgreSql")], out _);

        Assert.Equal(["Http:Url", "Images:AllowHttp", "Libvirt:Urii", "Nonsense", "Persistence:ConnectionString", "Vms:MaxVCpus"], errors.Select(e => e.Key).Order());
    }

    [Fact]
    public void Unknown_keys_are_errors_that_name_the_nearest_and_never_show_what_may_be_a_secret()
    {
        var error = Assert.Single(Read([("Http:ApiTokn", "canary-secret")], out _));
        Assert.Contains("Did you mean Http:ApiToken", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", error.ToString(), StringComparison.Ordinal);

        Assert.Contains("Did you mean Http:AllowedHosts?", Assert.Single(Read([("AllowedHosts", "x")], out _)).Remedy, StringComparison.Ordinal);
        Assert.Single(Read([("Http:Url:Port", "1")], out _));
        Assert.Single(Read([("Http:AllowedHosts:x", "a")], out _));
    }

    [Theory]
    [InlineData("/run/libvirt/libvirt-sock")]
    [InlineData("/srv/a b/sock")]
    [InlineData("qemu:///system")]
    [InlineData("test:///default")]
    [InlineData("qemu+unix:///system?socket=/run/x")]
    public void Every_libvirt_that_is_accepted_is_one_that_the_client_can_dial(string text)
    {
        Assert.Empty(Read([("Libvirt:Uri", text)], out var options));
        var uri = DeCloud.Libvirt.LibvirtUri.Parse(options.Libvirt.Uri!);
        if (text.StartsWith('/'))
        {
            Assert.Equal(text, uri.Socket);
        }
    }

    [Fact]
    public void Sections_of_the_host_and_empty_sections_are_no_errors() =>
        Assert.Empty(Read([("Logging:LogLevel:Default", "Debug"), ("WireGuard", ""), ("Http:AllowedHosts", ""), ("Libvirt:Uri", "")], out _));

    [Theory]
    [InlineData("Http:ApiToken", "canary short")]
    [InlineData("Persistence:ConnectionString", "canary")]
    [InlineData("Orchestrator:ApiKey", "canary")]
    public void Secrets_are_never_shown(string key, string value)
    {
        var error = Assert.Single(Read([(key, value)], out _));

        Assert.Equal(key, error.Key);
        Assert.DoesNotContain("canary", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Options_do_not_print_their_secrets()
    {
        Read([("Http:ApiToken", Token), ("Orchestrator:ApiKey", Token), ("Persistence:ConnectionString", "Data Source=/canary;Password=" + Token)], out var options);

        Assert.DoesNotContain(Token, options.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Images:MaxDownloadBytes", "Images:BudgetBytes=1GiB", "Images:MaxDownloadBytes=2GiB")]
    [InlineData("Images:IdleTimeout", "Images:IdleTimeout=2h", "Images:TotalTimeout=1h")]
    [InlineData("Libvirt:ImageCachePath", "Libvirt:ImageCachePath=/a", "Libvirt:VmStoragePath=/a")]
    [InlineData("Orchestrator:BaseUrl", "Orchestrator:BaseUrl=http://o.example", "Orchestrator:ApiKey=" + Token)]
    [InlineData("Heartbeat:OrchestratorUrl", "Heartbeat:OrchestratorUrl=http://o.example")]
    [InlineData("Heartbeat:OrchestratorUrl", "Heartbeat:OrchestratorUrl=https://h.example", "Orchestrator:BaseUrl=https://o.example")]
    [InlineData("Orchestrator:SignatureFile", "Orchestrator:MessageFile=/etc/message", "Orchestrator:Wallet=0x2c7536e3605d9c16a7a3d7b1898e529396a65c23")]
    [InlineData("Orchestrator:AcceptTermsHash", "Orchestrator:AcceptTermsVersion=1.2")]
    [InlineData("Http:ApiTokenFile", "Http:ApiToken=" + Token, "Http:ApiTokenFile=/token")]
    public void Values_that_contradict_each_other_are_errors(string key, params string[] settings)
    {
        var error = Assert.Single(Read([.. settings.Select(s => (s.Split('=', 2)[0], s.Split('=', 2)[1]))], out _));
        Assert.Equal(key, error.Key);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void A_token_comes_from_a_file_that_only_its_owner_can_touch()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, Token + "\n");
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Assert.Empty(Read([("Http:ApiTokenFile", file)], out var options, SecretFile.Read));
            Assert.Equal(Token, options.Http.ApiToken);

            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
            Assert.Contains("chmod 600", Assert.Single(Read([("Http:ApiTokenFile", file)], out _, SecretFile.Read)).Remedy, StringComparison.Ordinal);

            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(file, "canary");
            var error = Assert.Single(Read([("Http:ApiTokenFile", file), ("Http:Url", "http://0.0.0.0:1")], out _, SecretFile.Read));
            Assert.DoesNotContain("canary", error.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal("does not exist.", Assert.Single(Read([("Http:ApiTokenFile", file)], out _, SecretFile.Read)).Reason);
    }

    [Fact]
    public void Every_known_key_says_what_it_is_for_and_is_in_the_shipped_settings()
    {
        var known = NodeConfiguration.KnownKeys();
        var shipped = System.Text.Json.JsonElement.Parse(File.ReadAllText(Path.Join(AppContext.BaseDirectory, "appsettings.json")));

        Assert.All(known, k =>
        {
            Assert.NotEmpty(k.Meaning);
            var node = shipped;
            Assert.All(k.Key.Split(':'), part => Assert.True(node.TryGetProperty(part, out node), k.Key));
        });
    }

    [Theory]
    [InlineData(new[] { "--Http:Url=http://127.0.0.1:1" }, "Http:Url=http://127.0.0.1:1", 0)]
    [InlineData(new[] { "--Http:Url", "http://127.0.0.1:1" }, "Http:Url=http://127.0.0.1:1", 0)]
    [InlineData(new[] { "--A=" }, "A=", 0)]
    [InlineData(new[] { "--A=b=c" }, "A=b=c", 0)]
    [InlineData(new[] { "--A" }, "", 1)]
    [InlineData(new[] { "--A", "--B=1" }, "B=1", 1)]
    [InlineData(new[] { "--A=1", "--a=2" }, "A=1", 1)]
    [InlineData(new[] { "stray" }, "", 1)]
    [InlineData(new[] { "-x" }, "", 1)]
    [InlineData(new[] { "--" }, "", 1)]
    [InlineData(new[] { "--=x" }, "", 1)]
    [InlineData(new[] { "A=1" }, "", 1)]
    public void The_command_line_is_understood_whole_or_refused(string[] arguments, string settings, int errors)
    {
        var parsed = CommandLine.Parse(arguments);

        Assert.Equal(settings, string.Join(' ', parsed.Settings.Select(s => $"{s.Key}={s.Value}")));
        Assert.Equal(errors, parsed.Errors.Count);
    }

    private static IReadOnlyList<ConfigurationError> Read((string Key, string Value)[] settings, out NodeOptions options, Func<string, Parsed<string>>? readSecret = null) =>
        NodeConfiguration.Read(settings.ToDictionary(s => s.Key, s => new Setting(s.Value, "test"), StringComparer.OrdinalIgnoreCase), readSecret ?? (_ => new(Token)), out options);
}
