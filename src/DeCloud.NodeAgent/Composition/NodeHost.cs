using DeCloud.NodeAgent.Api;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Footprint;
using DeCloud.NodeAgent.ServiceManager;

namespace DeCloud.NodeAgent.Composition;

/// <summary>The process as a whole.</summary>
internal static class NodeHost
{
    /// <summary>Builds the host.</summary>
    /// <param name="options">What it was told.</param>
    /// <param name="configuration">The settings, for the host's own sections.</param>
    /// <param name="addNode">Adds actors and ports: <see cref="NodeComposition.AddNode"/>, or what a test puts in their place.</param>
    public static WebApplication Build(NodeOptions options, IConfigurationRoot configuration, Func<IServiceCollection, NodeOptions, IServiceCollection> addNode)
    {
        // Empty: whatever the host would read by itself (settings, environment, files) was read and checked already, or is not wanted.
        var builder = WebApplication.CreateEmptyBuilder(new() { ApplicationName = "decloud-agent", ContentRootPath = AppContext.BaseDirectory });
        builder.AddNodeLogging(configuration);
        builder.AddNodeHttp(options.Http);
        builder.Services.AddNodeApi(options);
        builder.Services.AddServiceNotices();
        builder.Services.AddSingleton(Start.Settings(configuration));
        builder.Services.AddHostedService(s => new StartupMemory(s.GetRequiredService<IHostApplicationLifetime>(), s.GetRequiredService<TimeProvider>(), StartupMemory.GiveBack));
        addNode(builder.Services, options);

        var app = builder.Build();
        app.MapNodeApi();
        app.AnnounceWhenListening(options.Http);
        return app;
    }
}
