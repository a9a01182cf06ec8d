using DeCloud.NodeAgent.Core.Remote;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>Puts the edge into a container.</summary>
public static class EdgeHosting
{
    /// <summary>Adds the edge. To be called behind <c>AddAkka</c>, so that it stops before the core system.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">How orchestrators reach the node.</param>
    /// <param name="rules">What a VM may be.</param>
    public static IServiceCollection AddEdge(this IServiceCollection services, EdgeOptions options, Func<IServiceProvider, IVmRequestRules> rules) => services
        .AddSingleton(options)
        .AddSingleton(rules)
        .AddHostedService<EdgeKeeper>();
}
