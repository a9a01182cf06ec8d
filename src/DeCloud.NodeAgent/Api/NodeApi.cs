using System.Text.Json;
using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Api.Actors;
using DeCloud.NodeAgent.Api.Consoles;
using DeCloud.NodeAgent.Api.Images;
using DeCloud.NodeAgent.Api.Metrics;
using DeCloud.NodeAgent.Api.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Operations;
using DeCloud.NodeAgent.Api.Orchestrator;
using DeCloud.NodeAgent.Api.Ports;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Api.Resources;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Api.Warnings;
using DeCloud.NodeAgent.Api.WireGuard;
using DeCloud.NodeAgent.Composition;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Infrastructure.Vnc;
using DeCloud.NodeAgent.Security;
using DeCloud.NodeAgent.Telemetry;
using DeCloud.NodeAgent.WebConsole;

namespace DeCloud.NodeAgent.Api;

/// <summary>The REST API.</summary>
internal static class NodeApi
{
    /// <summary>Adds what the endpoints need, besides the actors and ports that <see cref="Composition.NodeComposition"/> adds.</summary>
    public static IServiceCollection AddNodeApi(this IServiceCollection services, NodeOptions options)
    {
        var urls = NodeComposition.Images(options).UrlPolicy;
        services.AddSingleton(urls);
        services.AddSingleton(new CreateVmValidation(options.Vms, urls));
        services.AddSingleton(options.Http);
        services.AddSingleton(NodeComposition.Overlay(options));
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<VmListBodies>();
        services.AddSingleton<ResourceBodies>();
        services.AddSingleton<EventReaders>();
        services.AddSingleton<LiveStreams>();
        services.AddSingleton<Audit>();
        services.AddSingleton(s => new LoopbackRelay(s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<LoopbackRelay>>()));
        services.AddSingleton<NodeGaugeBoard>();
        services.AddSingleton<NodeMetrics>();
        services.AddOtlp(options.Telemetry);
        services.AddSingleton(s => new MetricsPage(s.GetRequiredService<NodeMetrics>().Store, s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ConsoleTickets>();
        services.AddSingleton<ConsoleSessions>();
        services.AddRouting();
        services.AddHealthChecks();
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = false);
        services.ConfigureHttpJsonOptions(o => Like(WireJson.Types.Options, o.SerializerOptions));
        return services.AddOpenApiDocument(options);
    }

    /// <summary>Maps every route.</summary>
    public static void MapNodeApi(this WebApplication app)
    {
        // Before any actor is started, whose first figures would be lost otherwise.
        app.Services.GetRequiredService<NodeMetrics>();
        app.UseMiddleware<ApiMeasuring>();
        app.UseMiddleware<ProblemAnswers>();
        app.UseMiddleware<Gate>();
        app.UseMiddleware<ConsolePages>();
        app.UseOpenApiPages();
        app.UseWebSockets(ConsoleEndpoints.Liveness);
        app.UseRouting();
        if (app.Services.GetService<IHypervisor>()?.Refusal is { } refusal)
        {
            // Before parameters are bound: what they need is not to be had here either.
            app.Use((http, next) => http.GetEndpoint()?.Metadata.GetMetadata<ApiNeedsVms>() is null ? next(http) : Problem.Of(refusal).ExecuteAsync(http));
        }

        var root = app.MapGroup("").AddEndpointFilter(RouteFilters.KnownQuery).AddEndpointFilter(RouteFilters.NoStrayBody).WithMetadata(new ApiProblems(EndpointDocs.Always));
        var api = root.MapGroup("/api");
        var vms = api.MapGroup("vms").WithTags("VMs").NeedsVms();
        var vm = vms.MapGroup("{id}").AddEndpointFilter(RouteFilters.VmIdInRoute);
        VmEndpoints.Map(vms, vm);
        VmPowerEndpoints.Map(vm);
        VmHistoryEndpoints.Map(vm);
        VmConsoleEndpoints.Map(vm);
        ConsoleEndpoints.Map(vm, api.MapGroup("consoles").WithTags("VMs").NeedsVms());
        OperationEndpoints.Map(api.MapGroup("operations").WithTags("Operations"));
        EventEndpoints.Map(api.MapGroup("").WithTags("Events"));
        ImageEndpoints.Map(api.MapGroup("images").WithTags("Images").NeedsVms());
        WireGuardEndpoints.Map(api.MapGroup("wireguard").WithTags("WireGuard"));
        OrchestratorEndpoints.Map(api.MapGroup("orchestrator").WithTags("Orchestrator"), api.MapGroup("commands").WithTags("Orchestrator"));
        PortEndpoints.Map(api.MapGroup("ports").WithTags("Ports").NeedsVms(), vm);
        NodeEndpoints.Map(api.MapGroup("node").WithTags("Node"));
        ResourceEndpoints.Map(api.MapGroup("node").WithTags("Resources"));
        ActorEndpoints.Map(api.MapGroup("actors").WithTags("Actors"));
        DeadLetterEndpoints.Map(api.MapGroup("dead-letters").WithTags("Actors"));
        WarningEndpoints.Map(api.MapGroup("warnings").WithTags("Warnings"));
        JournalEndpoints.Map(api.MapGroup("journal").WithTags("Actors"));
        HealthEndpoints.Map(root.MapGroup("").WithTags("Health"));
        MetricsEndpoints.Map(root.MapGroup("").WithTags("Metrics"));
        ErrorDocs.Map(root.MapGroup("").WithTags("Docs"));
    }

    // The host keeps options of its own; whoever writes through them must write the same.
    private static void Like(JsonSerializerOptions source, JsonSerializerOptions target)
    {
        target.TypeInfoResolverChain.Clear();
        target.TypeInfoResolverChain.Add(RestJson.Default);
        target.Encoder = source.Encoder;
        target.PropertyNamingPolicy = source.PropertyNamingPolicy;
        target.DictionaryKeyPolicy = source.DictionaryKeyPolicy;
        target.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        target.UnmappedMemberHandling = source.UnmappedMemberHandling;
        target.NumberHandling = source.NumberHandling;
        target.RespectNullableAnnotations = true;
        target.PropertyNameCaseInsensitive = false;
        target.MaxDepth = source.MaxDepth;
    }
}
