using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Where the node is put together: the ports' real implementations, and the actors that use them.</summary>
internal static class NodeComposition
{
    // SIGTERM stops the host, and the host stops the actors after the server has answered what it accepted. By itself Akka would stop them first.
    private const string StoppedByTheHost = "akka.coordinated-shutdown.run-by-clr-shutdown-hook = off";

    /// <summary>Adds the node.</summary>
    public static IServiceCollection AddNode(this IServiceCollection services, NodeOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton<VmBoard>();
        services.AddAkka("node", akka => akka.AddHocon(StoppedByTheHost, HoconAddMode.Prepend).ConfigureLoggers(l =>
        {
            l.ClearLoggers();
            l.AddLoggerFactory();
        }));
        return services;
    }
}
