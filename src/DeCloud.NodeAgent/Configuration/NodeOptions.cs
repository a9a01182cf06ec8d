using System.Net;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Infrastructure.Orchestrator;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>Everything the agent can be told, checked and with every default filled in.</summary>
internal sealed record NodeOptions
{
    /// <summary>The folder of everything that must survive a restart; absolute.</summary>
    public required string StatePath { get; init; }

    /// <summary>The way to libvirt, and where VMs and images lie.</summary>
    public required LibvirtSection Libvirt { get; init; }

    /// <summary>The image cache.</summary>
    public required ImagesSection Images { get; init; }

    /// <summary>What a VM may be.</summary>
    public required VmsSection Vms { get; init; }

    /// <summary>How much of the host is offered to VMs.</summary>
    public required CapacitySection Capacity { get; init; }

    /// <summary>The journal.</summary>
    public required PersistenceSection Persistence { get; init; }

    /// <summary>The REST API.</summary>
    public required HttpSection Http { get; init; }

    /// <summary>The VMs' network.</summary>
    public required NetworkSection Network { get; init; }

    /// <summary>The host's ports that lead to VMs.</summary>
    public required PortsSection Ports { get; init; }

    /// <summary>The overlay network's interface.</summary>
    public required WireGuardSection WireGuard { get; init; }

    /// <summary>The report to the orchestrator.</summary>
    public required HeartbeatSection Heartbeat { get; init; }

    /// <summary>The orchestrator.</summary>
    public required OrchestratorSection Orchestrator { get; init; }

    /// <summary>The orchestrator that commands over Akka.Remote; null when there is none.</summary>
    public RemoteSection? Remote { get; init; }

    /// <summary>Where traces and metrics are sent to; null for nowhere.</summary>
    public TelemetrySection? Telemetry { get; init; }
}

/// <summary>Section <c>Libvirt</c>.</summary>
/// <param name="VmStoragePath">Folder of the VMs' files; absolute.</param>
/// <param name="ImageCachePath">Folder of the image cache; absolute. <c>file://</c> URLs may name files inside it.</param>
/// <param name="Uri">libvirt URI or the path of its socket; null to find the socket.</param>
/// <param name="Network">The libvirt network that VMs are attached to.</param>
/// <param name="AllowEmulation">Whether VMs may run without KVM: slow, and no boundary against a hostile guest.</param>
/// <param name="CallTimeout">How long a call to libvirt may take.</param>
/// <param name="StartTimeout">How long the start of a domain may take.</param>
internal sealed record LibvirtSection(string VmStoragePath, string ImageCachePath, string? Uri, string Network, bool AllowEmulation, TimeSpan CallTimeout, TimeSpan StartTimeout);

/// <summary>Section <c>Images</c>.</summary>
/// <param name="BudgetBytes">What all images together may take on disk.</param>
/// <param name="MaxDownloadBytes">How large a download may be.</param>
/// <param name="MaxVirtualBytes">How large a disk an image may describe.</param>
/// <param name="IdleTimeout">How long a download may stand still.</param>
/// <param name="TotalTimeout">How long a download may take in all.</param>
/// <param name="AllowHttp">Whether <c>http://</c> URLs are allowed without a hash that pins the image.</param>
/// <param name="AllowPrivateAddresses">Whether images may come from loopback, private and link-local addresses.</param>
/// <param name="ReserveBytes">What must stay free on the cache's file system.</param>
internal sealed record ImagesSection(
    long BudgetBytes,
    long MaxDownloadBytes,
    long MaxVirtualBytes,
    TimeSpan IdleTimeout,
    TimeSpan TotalTimeout,
    bool AllowHttp,
    bool AllowPrivateAddresses,
    long ReserveBytes);

/// <summary>Section <c>Vms</c>.</summary>
/// <param name="StopGrace">How long a guest has for its shutdown before the power is cut.</param>
/// <param name="MaxVCpus">The most virtual CPUs of one VM.</param>
/// <param name="MaxMemoryBytes">The most memory of one VM.</param>
/// <param name="MaxDiskBytes">The largest disk of one VM.</param>
/// <param name="MaxStarts">How many domains may start at once; 0 for as many as there are processors.</param>
internal sealed record VmsSection(TimeSpan StopGrace, int MaxVCpus, long MaxMemoryBytes, long MaxDiskBytes, int MaxStarts);

/// <summary>Section <c>Capacity</c>.</summary>
/// <param name="CpuOvercommitRatio">Virtual CPUs that are offered for each hardware thread.</param>
/// <param name="ReserveCpus">Hardware threads that are kept for the host.</param>
/// <param name="ReserveMemoryBytes">Memory that is kept for the host.</param>
/// <param name="ReserveDiskBytes">What is kept free on every file system of VMs and images.</param>
/// <param name="OfferGpus">Whether GPUs are offered.</param>
internal sealed record CapacitySection(double CpuOvercommitRatio, int ReserveCpus, long ReserveMemoryBytes, long ReserveDiskBytes, bool OfferGpus);

/// <summary>Where the journal is.</summary>
internal enum PersistenceProvider
{
    /// <summary>A file of the agent's own.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server.</summary>
    PostgreSql,
}

/// <summary>Section <c>Persistence</c>.</summary>
/// <param name="Provider">The kind of database.</param>
/// <param name="ConnectionString">How to reach it. May hold a password.</param>
internal sealed record PersistenceSection(PersistenceProvider Provider, string ConnectionString)
{
    /// <summary>Leaves the connection string out, so that no log can hold it by accident.</summary>
    public override string ToString() => $"{nameof(PersistenceSection)} {{ Provider = {Provider} }}";
}

/// <summary>Section <c>Http</c>.</summary>
/// <param name="Listen">Where the API listens; port 0 for any free port.</param>
/// <param name="AllowedHosts">Names under which clients may address the API besides the loopback names and the address they connect to.</param>
/// <param name="MaxRequestBodyBytes">How large a request's body may be.</param>
/// <param name="MaxConnections">How many connections may be open at once.</param>
/// <param name="HeadersTimeout">How long a client may take to send a request's headers.</param>
/// <param name="ApiToken">The token that callers must show; null when none is asked for.</param>
/// <param name="Socket">The Unix socket on which the API listens too, absolute; null for none. Who may open it needs no token.</param>
internal sealed record HttpSection(IPEndPoint Listen, IReadOnlyList<string> AllowedHosts, long MaxRequestBodyBytes, int MaxConnections, TimeSpan HeadersTimeout, string? ApiToken, string? Socket)
{
    /// <summary>Leaves the token out, so that no log can hold it by accident.</summary>
    public override string ToString() => $"{nameof(HttpSection)} {{ Listen = {Listen}, HasApiToken = {ApiToken is not null} }}";
}

/// <summary>Section <c>Network</c>.</summary>
/// <param name="Isolation">Whether VMs are kept apart from the provider's network, the host and each other.</param>
/// <param name="AllowPrivateNetworks">Private IPv4 networks that VMs may reach although they are isolated.</param>
/// <param name="Table">The name of the agent's own tables in the packet filter.</param>
internal sealed record NetworkSection(IsolationMode Isolation, IReadOnlyList<IPNetwork> AllowPrivateNetworks, string Table);

/// <summary>Section <c>Ports</c>.</summary>
/// <param name="RangeStart">The lowest host port that is given to VMs.</param>
/// <param name="RangeEnd">The highest.</param>
/// <param name="MaxPerVm">The most forwarded ports of one VM.</param>
internal sealed record PortsSection(int RangeStart, int RangeEnd, int MaxPerVm);

/// <summary>Section <c>WireGuard</c>.</summary>
/// <param name="InterfaceName">Name of the network interface.</param>
/// <param name="ListenPort">UDP port.</param>
/// <param name="Address">The node's address in the overlay; null when the node takes part in none.</param>
/// <param name="VmSubnet">The part of the overlay that VMs get addresses from; null when none are attached.</param>
/// <param name="VmBridge">Name of the bridge that attached VMs are on.</param>
internal sealed record WireGuardSection(string InterfaceName, int ListenPort, InterfaceAddress? Address, IPNetwork? VmSubnet, string VmBridge);

/// <summary>Section <c>Heartbeat</c>.</summary>
/// <param name="Interval">Time between two reports.</param>
/// <param name="OrchestratorUrl">Where they go; null for <see cref="OrchestratorSection.BaseUrl"/>.</param>
internal sealed record HeartbeatSection(TimeSpan Interval, Uri? OrchestratorUrl);

/// <summary>Section <c>Orchestrator</c>.</summary>
/// <param name="BaseUrl">Where the orchestrator is; null for none.</param>
/// <param name="ApiKey">What the node shows to it; null when it registers by itself.</param>
internal sealed record OrchestratorSection(Uri? BaseUrl, string? ApiKey)
{
    /// <summary>The wallet that registers the node; null for none.</summary>
    public WalletKey? WalletKey { get; init; }

    /// <summary>The wallet's address; null when there is no wallet.</summary>
    public string? Wallet { get; init; }

    /// <summary>The file of a registration that was signed elsewhere; null for none.</summary>
    public string? MessageFile { get; init; }

    /// <summary>The file of its signature; null for none.</summary>
    public string? SignatureFile { get; init; }

    /// <summary>The machine's id; null for the operating system's.</summary>
    public string? MachineId { get; init; }

    /// <summary>The node's name; null for the host's.</summary>
    public string? Name { get; init; }

    /// <summary>The region.</summary>
    public string Region { get; init; } = NodeIdentity.DefaultRegion;

    /// <summary>The zone.</summary>
    public string Zone { get; init; } = NodeIdentity.DefaultRegion;

    /// <summary>The country.</summary>
    public string Country { get; init; } = NodeIdentity.DefaultCountry;

    /// <summary>The address at which the node is reached from outside; null when it is not.</summary>
    public IPAddress? PublicIp { get; init; }

    /// <summary>The port at which its API is reached from outside; 0 for the port it listens on.</summary>
    public int AgentPort { get; init; }

    /// <summary>The terms of service that were accepted; null for none.</summary>
    public Terms? AcceptedTerms { get; init; }

    /// <summary>The speed of a core that the node tells.</summary>
    public int BenchmarkScore { get; init; } = 1000;

    /// <summary>Leaves the key out, so that no log can hold it by accident.</summary>
    public override string ToString() => $"{nameof(OrchestratorSection)} {{ BaseUrl = {BaseUrl} }}";
}

/// <summary>Section <c>Telemetry</c>.</summary>
/// <param name="Endpoint">The collector's base URL.</param>
/// <param name="Headers">Headers that are sent along, as the exporter takes them; null for none.</param>
/// <param name="MetricsInterval">Time between two sendings of metrics.</param>
/// <param name="TraceRatio">The part of the traces that are sent, from 0 to 1.</param>
internal sealed record TelemetrySection(Uri Endpoint, string? Headers, TimeSpan MetricsInterval, double TraceRatio)
{
    /// <summary>Leaves the headers out, so that no log can hold them by accident.</summary>
    public override string ToString() => $"{nameof(TelemetrySection)} {{ Endpoint = {Endpoint} }}";
}

/// <summary>Section <c>Remote</c>.</summary>
/// <param name="Address">The address that orchestrators connect to; it is what they know the node by, so it is no wildcard.</param>
/// <param name="MaxFrameBytes">The longest frame.</param>
/// <param name="CertificateFile">The node's certificate.</param>
/// <param name="KeyFile">Its private key.</param>
/// <param name="AuthorityFile">The authorities that sign for orchestrators.</param>
/// <param name="Orchestrators">The names of the orchestrators that the node obeys.</param>
internal sealed record RemoteSection(IPEndPoint Address, int MaxFrameBytes, string CertificateFile, string KeyFile, string AuthorityFile, IReadOnlyList<string> Orchestrators);
