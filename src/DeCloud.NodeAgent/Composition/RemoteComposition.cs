using DeCloud.NodeAgent.Actors.Edge;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Remote;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Where the way for orchestrators over Akka.Remote is put together.</summary>
internal static class RemoteComposition
{
    /// <summary>Adds the edge when it is configured. Behind the core system, so that it stops before it.</summary>
    public static IServiceCollection AddRemote(this IServiceCollection services, NodeOptions options)
    {
        if (options.Remote is not { } remote)
        {
            return services;
        }

        var edge = new EdgeOptions(
            new(remote.Address.Address.ToString(), remote.Address.Port, remote.MaxFrameBytes),
            () => PeerCertificates.Load(remote.CertificateFile, remote.KeyFile, remote.AuthorityFile),
            remote.Orchestrators,
            File.ReadAllText(Path.Join(AppContext.BaseDirectory, "hocon", "edge.conf")),
            Start.Version);
        services.TryAddSingleton(TimeProvider.System);
        return services.AddEdge(edge, s => new RemoteVmRules(s.GetRequiredService<CreateVmValidation>()));
    }
}
