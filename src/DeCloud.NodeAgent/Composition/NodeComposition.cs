using System.Reflection;
using Akka.Hosting;
using Akka.Hosting.Logging;
using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Ports;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure;
using DeCloud.NodeAgent.Infrastructure.Images;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Where the node is put together: the ports' real implementations, and the actors that use them.</summary>
internal static class NodeComposition
{
    /// <summary>For how long an image that nobody vouched for serves further requests for the same URL. A day: images behind "current" links change about that often.</summary>
    private static readonly TimeSpan UnpinnedReuse = TimeSpan.FromDays(1);

    /// <summary>The agent's version, as its assembly carries it.</summary>
    private static string Version => typeof(NodeComposition).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Adds the node.</summary>
    public static IServiceCollection AddNode(this IServiceCollection services, NodeOptions options)
    {
        var journal = Journal(options);
        services.AddSingleton(options);
        services.AddSingleton<VmBoard>();
        services.AddSingleton<OperationBoard>();
        services.AddSingleton<ResourceBoard>();
        services.AddSingleton<WarningBoard>();
        services.AddSingleton<ResourceParts>();
        services.AddHost(options);
        services.AddOverlay(Path.Join(options.StatePath, "wireguard"), options.WireGuard.Address);
        services.AddSingleton<NetworkBoard>();
        services.AddInspection();
        services.AddJournalReaders(journal);
        services.AddSingleton(s => new NodeParts(
            Version,
            s.GetRequiredService<IHypervisor>(),
            s.GetRequiredService<IImageStore>(),
            s.GetRequiredService<IVmFiles>(),
            s.GetRequiredService<VmBoard>(),
            new VmPolicy { StopGrace = options.Vms.StopGrace },
            new ImageCachePolicy(options.Images.BudgetBytes, UnpinnedReuse),
            s.GetRequiredService<JournalSignal>(),
            s.GetRequiredService<OperationBoard>(),
            s.GetService<IPacketFilter>() is { } filter ? new NetworkParts(filter, Network(options), s.GetRequiredService<NetworkBoard>()) : null,
            s.GetRequiredService<ResourceParts>())
        {
            Overlay = new(Overlay(options), OverlayMark(options), s.GetRequiredService<IOverlayInterface>(), s.GetRequiredService<IOverlayKeys>()) { Bridge = s.GetService<IOverlayBridge>() },
            Gauges = s.GetRequiredService<NodeGaugeBoard>(),
            Supervision = s.GetRequiredService<SupervisionBoard>(),
            Admission = Admission(options),
            DiskUse = s.GetService<IDiskUse>(),
            Warnings = WarningComposition.Warnings(options, s),
            Orchestrator = OrchestratorComposition.Orchestrator(options, s.GetRequiredService<ImageUrlPolicy>(), s.GetRequiredService<ResourceBoard>()),
        });
        services.AddAkka("node", (akka, s) => akka
            .AddSetup(new LoggerFactorySetup(s.GetRequiredService<ILoggerFactory>()))
            .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLogger<ActorLog>())
            .WithInspection(s)
            .WithJournal(journal)
            .WithNode());
        services.AddRemote(options);
        return services;
    }

    private static NetworkPolicy Network(NodeOptions options) => new()
    {
        Isolation = options.Network.Isolation,
        ReachablePrivateNetworks = [.. options.Network.AllowPrivateNetworks],
        Ports = new() { RangeStart = options.Ports.RangeStart, RangeEnd = options.Ports.RangeEnd, MostPerVm = options.Ports.MaxPerVm },
    };

    private static JournalOptions Journal(NodeOptions options) => new(
        options.Persistence.Provider == PersistenceProvider.Sqlite ? JournalProvider.Sqlite : JournalProvider.PostgreSql,
        options.Persistence.ConnectionString,
        Path.Join(AppContext.BaseDirectory, "hocon"));

    /// <summary>What the operator set about the overlay.</summary>
    public static OverlaySettings Overlay(NodeOptions options) => new(options.WireGuard.InterfaceName, options.WireGuard.ListenPort, options.WireGuard.Address)
    {
        VmSubnet = options.WireGuard.VmSubnet is { } network ? new(network) : null,
        VmBridge = options.WireGuard.VmBridge,
    };

    // Agents with state folders of their own may share a host; each must know its interface from the others'.
    private static string OverlayMark(NodeOptions options) =>
        "decloud-agent " + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(options.StatePath)).AsSpan(0, 8));

    private static AdmissionPolicy Admission(NodeOptions options) => new()
    {
        CpuOvercommitRatio = options.Capacity.CpuOvercommitRatio,
        ReserveCpus = options.Capacity.ReserveCpus,
        ReserveMemoryBytes = options.Capacity.ReserveMemoryBytes,
        ReserveDiskBytes = options.Capacity.ReserveDiskBytes,
        OfferGpus = options.Capacity.OfferGpus,
        VmSubnet = Overlay(options).VmSubnet,
        ImageBudgetBytes = options.Images.BudgetBytes,
    };

    /// <summary>How the image cache is told to behave.</summary>
    public static ImageStoreOptions Images(NodeOptions options) => new()
    {
        Folder = options.Libvirt.ImageCachePath,
        VmFolder = options.Libvirt.VmStoragePath,
        MaxDownloadBytes = options.Images.MaxDownloadBytes,
        MaxVirtualBytes = options.Images.MaxVirtualBytes,
        MinimumFreeBytes = options.Images.ReserveBytes,
        IdleTimeout = options.Images.IdleTimeout,
        TotalTimeout = options.Images.TotalTimeout,
        AllowHttp = options.Images.AllowHttp,
        AllowPrivateAddresses = options.Images.AllowPrivateAddresses,
    };
}
