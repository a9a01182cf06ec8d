using System.Reflection;
using Akka.Hosting;
using Akka.Hosting.Logging;
using DeCloud.Libvirt;
using DeCloud.NodeAgent.Actors.Images;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Infrastructure;
using DeCloud.NodeAgent.Infrastructure.Images;
using DeCloud.NodeAgent.Infrastructure.Libvirt;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Vms;

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
        StateFolder.MakePassable(options.Libvirt.VmStoragePath);
        services.AddSingleton(options);
        services.AddSingleton<VmBoard>();
        services.AddLibvirt(Libvirt(options));
        services.AddHostFiles(Images(options), new() { VmFolder = options.Libvirt.VmStoragePath, ImageFolder = options.Libvirt.ImageCachePath });
        services.AddJournalReaders(journal);
        services.AddSingleton(s => new NodeParts(
            Version,
            s.GetRequiredService<IHypervisor>(),
            s.GetRequiredService<IImageStore>(),
            s.GetRequiredService<IVmFiles>(),
            s.GetRequiredService<VmBoard>(),
            new VmPolicy { StopGrace = options.Vms.StopGrace },
            new ImageCachePolicy(options.Images.BudgetBytes, UnpinnedReuse),
            s.GetRequiredService<JournalSignal>()));
        services.AddAkka("node", (akka, s) => akka
            .AddSetup(new LoggerFactorySetup(s.GetRequiredService<ILoggerFactory>()))
            .ConfigureLoggers(loggers => loggers.ClearLoggers().AddLogger<ActorLog>())
            .WithJournal(journal)
            .WithNode());
        services.AddRemote(options);
        return services;
    }

    private static JournalOptions Journal(NodeOptions options) => new(
        options.Persistence.Provider == PersistenceProvider.Sqlite ? JournalProvider.Sqlite : JournalProvider.PostgreSql,
        options.Persistence.ConnectionString,
        Path.Join(AppContext.BaseDirectory, "hocon"));

    private static LibvirtHypervisorOptions Libvirt(NodeOptions options)
    {
        var defaults = new LibvirtHypervisorOptions();
        return defaults with
        {
            Uri = options.Libvirt.Uri is { } uri ? LibvirtUri.Parse(uri) : defaults.Uri,
            Network = options.Libvirt.Network,
            AllowEmulation = options.Libvirt.AllowEmulation,
            CallDeadline = options.Libvirt.CallTimeout,
            SlowCallDeadline = options.Libvirt.StartTimeout,
            StartsAtOnce = options.Vms.MaxStarts > 0 ? options.Vms.MaxStarts : defaults.StartsAtOnce,
            DirectIo = DirectIo.IsSupported(options.Libvirt.VmStoragePath),
        };
    }

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
