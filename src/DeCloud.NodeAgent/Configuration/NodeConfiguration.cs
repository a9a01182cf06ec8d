using System.Net;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>Turns settings into options, or says everything that is wrong with them. Pure: what must be read from a file is read through a function that is given.</summary>
internal static class NodeConfiguration
{
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;
    private const long TiB = 1L << 40;

    /// <summary>Checks all settings.</summary>
    /// <param name="settings">What was configured, by key without regard to case.</param>
    /// <param name="readSecret">Reads a file that holds a secret.</param>
    /// <param name="options">The options; only to be used when there is no error.</param>
    /// <returns>Every error.</returns>
    public static IReadOnlyList<ConfigurationError> Read(IReadOnlyDictionary<string, Setting> settings, Func<string, Parsed<string>> readSecret, out NodeOptions options)
    {
        var reader = new SettingsReader(settings);
        options = ReadAll(reader, readSecret);
        CheckTogether(reader, options);
        reader.RejectUnknown();
        return reader.Errors;
    }

    /// <summary>Every key the agent knows.</summary>
    public static IReadOnlyList<KnownKey> KnownKeys()
    {
        var reader = new SettingsReader(new Dictionary<string, Setting>());
        ReadAll(reader, _ => default);
        return reader.Known;
    }

    private static NodeOptions ReadAll(SettingsReader reader, Func<string, Parsed<string>> readSecret)
    {
        var state = reader.Read("StatePath", PlatformPaths.DefaultState, PlatformPaths.DefaultStateShown, "Folder of everything that must survive a restart.", SettingFormats.AbsolutePath);
        return new()
        {
            StatePath = state,
            Libvirt = ReadLibvirt(reader, state),
            Images = ReadImages(reader),
            Vms = ReadVms(reader),
            Capacity = ReadCapacity(reader),
            Persistence = ReadPersistence(reader, state),
            Http = ReadHttp(reader, readSecret),
            Network = new(
                reader.Read("Network:Isolation", IsolationMode.Auto, nameof(IsolationMode.Auto), "Keep VMs from this host, its private networks and each other: On (no VM starts without), Off, or Auto (on where nftables can be used).", SettingFormats.Choice<IsolationMode>),
                reader.ReadMany("Network:AllowPrivateNetworks", "Private IPv4 networks that VMs may reach nonetheless, each in CIDR notation.", PrivateNetwork),
                reader.Read("Network:Table", "decloud", "decloud", "Name of the agent's own tables in nftables; a second agent on one host needs another.", TableName)),
            Ports = new(
                reader.Read("Ports:RangeStart", 20000, "20000", "The lowest port of this host that is given to VMs. Stay below the kernel's own range for outgoing connections (net.ipv4.ip_local_port_range, 32768 as a rule): an overlap is warned of.", SettingFormats.Whole(1024, 65535)),
                reader.Read("Ports:RangeEnd", 21999, "21999", "The highest port of this host that is given to VMs.", SettingFormats.Whole(1024, 65535)),
                reader.Read("Ports:MaxPerVm", 32, "32", "The most forwarded ports of one VM.", SettingFormats.Whole(0, 1000))),
            WireGuard = new(
                reader.Read("WireGuard:InterfaceName", "wg0", "wg0", "Name of the overlay's network interface.", InterfaceName),
                reader.Read("WireGuard:ListenPort", 51820, "51820", "UDP port of the overlay.", SettingFormats.Whole(1, 65535)),
                reader.Read<InterfaceAddress?>("WireGuard:Address", null, "none, and with it no overlay", "The node's address in the overlay with the overlay's prefix, in CIDR notation.", OverlayAddress),
                reader.Read<IPNetwork?>("WireGuard:VmSubnet", null, "none, and with it no VM in the overlay", "The part of the overlay that VMs of this node get addresses from, in CIDR notation, such as 10.80.7.0/24.", VmSubnetOf),
                reader.Read("WireGuard:VmBridge", "dcoverlay", "dcoverlay", "Name of the bridge that VMs in the overlay are on; a second agent on one host needs another.", InterfaceName)),
            Heartbeat = new(
                reader.Read("Heartbeat:Interval", TimeSpan.FromSeconds(15), "00:00:15", "Time between two reports to the orchestrator.", SettingFormats.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))),
                reader.Read("Heartbeat:OrchestratorUrl", null, "Orchestrator:BaseUrl", "Where the reports go.", SettingFormats.WebUrl)),
            Orchestrator = OrchestratorConfiguration.Read(reader, readSecret),
            Remote = RemoteConfiguration.Read(reader, readSecret),
            Telemetry = TelemetryConfiguration.Read(reader, readSecret),
        };
    }

    private static LibvirtSection ReadLibvirt(SettingsReader reader, string state) => new(
        reader.Read("Libvirt:VmStoragePath", Path.Join(state, "vms"), "<StatePath>/vms", "Folder of the VMs' files.", SettingFormats.AbsolutePath),
        reader.Read("Libvirt:ImageCachePath", Path.Join(state, "images"), "<StatePath>/images", "Folder of the image cache; file:// URLs may name files inside it.", SettingFormats.AbsolutePath),
        reader.Read("Libvirt:Uri", null, "the socket that is found", "libvirt URI or the path of its socket.", SettingFormats.LibvirtUri),
        reader.Read("Libvirt:Network", "default", "default", "The libvirt network that VMs are attached to.", NetworkName),
        reader.Read("Libvirt:AllowEmulation", false, "false", "Run VMs without KVM: slow, and no boundary against a hostile guest.", SettingFormats.Flag),
        reader.Read("Libvirt:CallTimeout", TimeSpan.FromSeconds(10), "00:00:10", "How long a call to libvirt may take.", SettingFormats.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10))),
        reader.Read("Libvirt:StartTimeout", TimeSpan.FromMinutes(2), "00:02:00", "How long the start of a VM may take.", SettingFormats.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1))));

    private static ImagesSection ReadImages(SettingsReader reader) => new(
        reader.Read("Images:BudgetBytes", 100 * GiB, "100 GiB", "What all images together may take on disk.", SettingFormats.Bytes(MiB, 1024 * TiB)),
        reader.Read("Images:MaxDownloadBytes", 20 * GiB, "20 GiB", "How large a download may be.", SettingFormats.Bytes(MiB, 64 * TiB)),
        reader.Read("Images:MaxVirtualBytes", TiB, "1 TiB", "How large a disk an image may describe.", SettingFormats.Bytes(MiB, 64 * TiB)),
        reader.Read("Images:IdleTimeout", TimeSpan.FromSeconds(30), "00:00:30", "How long a download may stand still.", SettingFormats.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))),
        reader.Read("Images:TotalTimeout", TimeSpan.FromHours(2), "02:00:00", "How long a download may take in all.", SettingFormats.Duration(TimeSpan.FromSeconds(1), TimeSpan.FromDays(7))),
        reader.Read("Images:AllowHttp", false, "false", "Allow http:// URLs without a hash; with one they are always allowed, since nobody on the way can change the image.", SettingFormats.Flag),
        reader.Read("Images:AllowPrivateAddresses", false, "false", "Allow images from loopback, private and link-local addresses.", SettingFormats.Flag),
        reader.Read("Images:ReserveBytes", 5 * GiB, "5 GiB", "What must stay free on the cache's file system.", SettingFormats.Bytes(0, 64 * TiB)));

    private static VmsSection ReadVms(SettingsReader reader) => new(
        reader.Read("Vms:StopGrace", TimeSpan.FromMinutes(1), "00:01:00", "How long a guest has for its shutdown before the power is cut.", SettingFormats.Duration(TimeSpan.Zero, TimeSpan.FromHours(1))),
        reader.Read("Vms:MaxVCpus", 64, "64", "The most virtual CPUs of one VM.", SettingFormats.Whole(1, 4096)),
        reader.Read("Vms:MaxMemoryBytes", TiB, "1 TiB", "The most memory of one VM.", SettingFormats.Bytes(64 * MiB, 64 * TiB)),
        reader.Read("Vms:MaxDiskBytes", 16 * TiB, "16 TiB", "The largest disk of one VM.", SettingFormats.Bytes(MiB, 64 * TiB)),
        reader.Read("Vms:MaxStarts", 0, "0, as many as there are processors", "How many VMs may start at once.", SettingFormats.Whole(0, 1024)));

    private static CapacitySection ReadCapacity(SettingsReader reader) => new(
        reader.Read("Capacity:CpuOvercommitRatio", 16.0, "16", "Virtual CPUs that are offered for each hardware thread; 1 to sell no thread twice.", SettingFormats.Number(1, 1000)),
        reader.Read("Capacity:ReserveCpus", 0, "0", "Hardware threads that are kept for the host.", SettingFormats.Whole(0, 4096)),
        reader.Read("Capacity:ReserveMemoryBytes", GiB, "1 GiB", "Memory that is kept for the host; the rest is never promised twice.", SettingFormats.Bytes(0, 64 * TiB)),
        reader.Read("Capacity:ReserveDiskBytes", 5 * GiB, "5 GiB", "What is kept free on every file system of VMs and images; the rest is never promised twice.", SettingFormats.Bytes(0, 64 * TiB)),
        reader.Read("Capacity:OfferGpus", true, "true", "Offer GPUs to VMs, each as a whole.", SettingFormats.Flag));

    private static PersistenceSection ReadPersistence(SettingsReader reader, string state)
    {
        var provider = reader.Read("Persistence:Provider", PersistenceProvider.Sqlite, nameof(PersistenceProvider.Sqlite), "Sqlite (a file) or PostgreSql.", SettingFormats.Choice<PersistenceProvider>);
        var connection = reader.Read("Persistence:ConnectionString", "", "Data Source=<StatePath>/journal.db", "How the database is reached.", ConnectionString, isSecret: true);
        return new(provider, connection.Length == 0 && provider == PersistenceProvider.Sqlite ? $"Data Source={Path.Join(state, "journal.db")}" : connection);
    }

    private static HttpSection ReadHttp(SettingsReader reader, Func<string, Parsed<string>> readSecret)
    {
        var listen = reader.Read("Http:Url", new IPEndPoint(IPAddress.Loopback, 5100), "http://127.0.0.1:5100", "Where the API listens.", SettingFormats.ListenUrl);
        var hosts = reader.ReadMany("Http:AllowedHosts", "Names under which clients may address the API, besides the loopback names and the address they connect to.", HostName);
        var body = reader.Read("Http:MaxRequestBodyBytes", 256L << 10, "256 KiB", "How large a request's body may be.", SettingFormats.Bytes(1 << 10, 16 * MiB));
        var connections = reader.Read("Http:MaxConnections", 512, "512", "How many connections may be open at once.", SettingFormats.Whole(1, 65535));
        var headers = reader.Read("Http:HeadersTimeout", TimeSpan.FromSeconds(5), "00:00:05", "How long a client may take to send a request's headers.", SettingFormats.Duration(TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)));
        var token = reader.Read<string?>("Http:ApiToken", null, "none", "The token that callers must show as 'Authorization: Bearer'.", text => Nullable(Token(text)), isSecret: true);
        var tokenFromFile = reader.Read<string?>(
            "Http:ApiTokenFile",
            null,
            "none",
            "The file that holds the token; better than Http:ApiToken, which every reader of the environment or the process list sees.",
            path => SettingFormats.AbsolutePath(path) is { Reason: { } reason } wrong ? Parsed<string?>.Wrong(reason, wrong.Remedy)
                : readSecret(path) is { Reason: { } unreadable } file ? Parsed<string?>.Wrong(unreadable, file.Remedy)
                : Nullable(Token(readSecret(path).Value)));

        if (token is not null && tokenFromFile is not null)
        {
            reader.Add("Http:ApiTokenFile", "is set together with Http:ApiToken.", "Set one of the two.");
        }

        var socket = reader.Read<string?>("Http:Socket", null, "none", "The Unix socket on which the API listens too, for its owner and the group decloud; they need no token.", SettingFormats.SocketPath);
        return new(listen, hosts, body, connections, headers, token ?? tokenFromFile, socket);
    }

    private static void CheckTogether(SettingsReader reader, NodeOptions options)
    {
        // Errors of the token's own were reported where it was read: who set one shall not be told to set one.
        var tokenIsWrong = reader.Errors.Any(e => e.Key.StartsWith("Http:ApiToken", StringComparison.OrdinalIgnoreCase));
        if (!IPAddress.IsLoopback(options.Http.Listen.Address) && options.Http.ApiToken is null && !tokenIsWrong)
        {
            reader.Add("Http:Url", "is not a loopback address, and no authentication is configured: whoever reaches it could command this machine.", "Set Http:ApiTokenFile (or Http:ApiToken), or listen on http://127.0.0.1:5100.");
        }

        if (options.Persistence.Provider == PersistenceProvider.PostgreSql && options.Persistence.ConnectionString.Length == 0)
        {
            reader.Add("Persistence:ConnectionString", "is missing.", "With Persistence:Provider PostgreSql give it, for example Host=/run/postgresql;Database=decloud;Username=decloud.");
        }

        if (options.Libvirt.VmStoragePath == options.Libvirt.ImageCachePath)
        {
            reader.Add("Libvirt:ImageCachePath", "is the folder of Libvirt:VmStoragePath too.", "Give two different folders.");
        }

        if (options.Images.MaxDownloadBytes > options.Images.BudgetBytes)
        {
            reader.Add("Images:MaxDownloadBytes", "is more than Images:BudgetBytes, so that the largest download could never be kept.", "Raise the budget or lower the limit.");
        }

        if (options.Ports.RangeStart > options.Ports.RangeEnd)
        {
            reader.Add("Ports:RangeStart", "is above Ports:RangeEnd.", "Give the lowest port first.");
        }

        if (options.WireGuard.VmSubnet is { } vms && VmSubnet.Objection(vms, options.WireGuard.Address) is { } objection)
        {
            reader.Add("WireGuard:VmSubnet", objection, "With WireGuard:Address 10.80.0.7/16 give for example 10.80.7.0/24, which no other node has.");
        }

        if (options.WireGuard.VmSubnet is not null && options.WireGuard.VmBridge == options.WireGuard.InterfaceName)
        {
            reader.Add("WireGuard:VmBridge", "is the name of the overlay's own interface (WireGuard:InterfaceName) too.", "Give two different names.");
        }

        if (options.Images.IdleTimeout > options.Images.TotalTimeout)
        {
            reader.Add("Images:IdleTimeout", "is longer than Images:TotalTimeout.", "Lower it, or raise the total.");
        }

        OrchestratorConfiguration.CheckTogether(reader, options);
        TelemetryConfiguration.CheckTogether(reader, options);
    }

    internal static Parsed<string?> Nullable(Parsed<string> parsed) => new(parsed.Value, parsed.Reason, parsed.Remedy);

    internal static Parsed<string> Token(string text) =>
        text.Length is >= 32 and <= 512 && text.All(c => c is > ' ' and < '\x7f')
            ? new(text)
            : Parsed<string>.Wrong("is no token.", "Give 32 to 512 printable ASCII characters without spaces, for example the output of: openssl rand -hex 32.");

    private static Parsed<string> ConnectionString(string text) =>
        text.Contains('=', StringComparison.Ordinal) && !text.Any(char.IsControl)
            ? new(text)
            : Parsed<string>.Wrong("is not a connection string.", "Give key=value pairs with semicolons between them.");

    private static Parsed<string> HostName(string text) =>
        text != "*" && Uri.CheckHostName(text) is not UriHostNameType.Unknown
            ? new(text.Trim('[', ']').ToLowerInvariant())
            : Parsed<string>.Wrong("is not a host name.", "Give a name or an address without scheme, port and wildcards, for example node1.example.");

    private static Parsed<string> InterfaceName(string text) =>
        text.Length is >= 1 and <= 15 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && char.IsAsciiLetterOrDigit(text[0])
            ? new(text)
            : Parsed<string>.Wrong("is not a name for a network interface.", "Give 1 to 15 letters, digits, '-', '_' or '.', beginning with a letter or digit.");

    private static Parsed<string> NetworkName(string text) =>
        text.Length <= 63 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && char.IsAsciiLetterOrDigit(text[0])
            ? new(text)
            : Parsed<string>.Wrong("is not a name of a libvirt network.", "Give 1 to 63 letters, digits, '-', '_' or '.'; virsh net-list --all shows the networks.");

    private static Parsed<string> TableName(string text) =>
        text.Length <= 31 && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_') && char.IsAsciiLetterLower(text[0])
            ? new(text)
            : Parsed<string>.Wrong("is not a name for a table.", "Give 1 to 31 lower-case letters, digits and '_', beginning with a letter.");

    private static Parsed<IPNetwork> PrivateNetwork(string text) =>
        IPNetwork.TryParse(text, out var network) && network.BaseAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && network.ToString() == text
            ? new(network)
            : Parsed<IPNetwork>.Wrong("is not an IPv4 network in CIDR notation.", "Give the network's own address and its length, for example 10.20.0.0/16.");

    private static Parsed<IPNetwork?> VmSubnetOf(string text) =>
        PrivateNetwork(text) is { Reason: { } reason } wrong ? Parsed<IPNetwork?>.Wrong(reason, wrong.Remedy) : new(IPNetwork.Parse(text));

    private static Parsed<string?> Cidr(string text) =>
        text.Split('/') is [var address, var length]
        && IPAddress.TryParse(address, out var ip)
        && SettingFormats.Whole(0, ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128)(length).Reason is null
            ? new(text)
            : Parsed<string?>.Wrong("is not an address in CIDR notation.", "Give for example 10.80.0.7/16.");

    private static Parsed<InterfaceAddress?> OverlayAddress(string text)
    {
        if (Cidr(text) is { Reason: { } reason } wrong)
        {
            return Parsed<InterfaceAddress?>.Wrong(reason, wrong.Remedy);
        }

        // A prefix of a few bits would draw the host's other traffic into the overlay; one without room for a second node is none.
        var isRead = InterfaceAddress.TryParse(text, out var address);
        var (least, most) = address?.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? (16, 126) : (8, 30);
        return isRead && address!.PrefixLength >= least && address.PrefixLength <= most && !address.Address.Equals(address.Network.BaseAddress)
            ? new(address)
            : Parsed<InterfaceAddress?>.Wrong("is not a node's address in an overlay.", $"Give an address of a node, not of the network, with a prefix of {least} to {most} bits, for example 10.80.0.7/16.");
    }
}
