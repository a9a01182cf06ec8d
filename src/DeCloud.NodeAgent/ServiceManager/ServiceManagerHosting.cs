using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.ServiceManager;

/// <summary>Where the notices to the service manager are put together.</summary>
internal static class ServiceManagerHosting
{
    /// <summary>Adds the notices when a service manager listens.</summary>
    public static IServiceCollection AddServiceNotices(this IServiceCollection services)
    {
        if (NotifySocket.TakeFromEnvironment() is not { } manager)
        {
            return services;
        }

        // The container disposes of what it made itself, so it makes this too.
        services.AddSingleton(_ => manager);
        services.AddSingleton<NodeProbe>();
        return services.AddHostedService(s => new ServiceNotices(
            s.GetRequiredService<NotifySocket>(),
            s.GetRequiredService<NodeProbe>().AskAsync,
            s.GetRequiredService<IHostApplicationLifetime>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<ServiceNotices>>()));
    }
}
