using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Node;

/// <summary>The node at a glance.</summary>
internal static class NodeEndpoints
{
    /// <summary>Maps the routes.</summary>
    /// <param name="node"><c>/api/node</c>.</param>
    public static void Map(RouteGroupBuilder node)
    {
        node.MapGet("", Get)
            .Does("Get the node", "Version, uptime, the connection to libvirt and how many VMs are in which state.")
            .Gives<NodeResource>(200, "The node.")
            .Fails(EndpointDocs.WhenAsked);

        node.MapGet("configuration", Configuration)
            .Does("Get the configuration", "Every setting that the agent runs with, and where it was written: a file, the environment, the command line, or nowhere. Secrets are named and not shown.")
            .Gives<ConfigurationResource>(200, "The settings, ordered by key.");

        node.MapGet("foreign-domains", Foreign)
            .Does("List foreign domains", "The libvirt domains of this host that the agent did not make. They are shown and never touched.")
            .NeedsVms()
            .Gives<Page<ForeignDomainResource>>(200, "The domains, ordered by name.")
            .Fails(EndpointDocs.WhenAsked);

        node.MapGet("capacity", Capacity)
            .Does("Get the capacity", "What the node offers to VMs, what of it is reserved and what is free, with every VM's part. These are the figures by which a create is let in or refused.")
            .Gives<CapacityResource>(200, "The capacity.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.CapacityUnknown);
    }

    private static Ok<ConfigurationResource> Configuration(ConfigurationResource configuration) => TypedResults.Ok(configuration);

    private static async Task<Ok<NodeResource>> Get(HttpContext http, IRequiredActor<NodeKey> node) =>
        TypedResults.Ok(await node.ActorRef.QueryAsync<NodeResource>(new NodeQueries.Get(), http.RequestAborted));

    private static async Task<Results<Ok<CapacityResource>, Problem>> Capacity(HttpContext http, IRequiredActor<VmsKey> vms) =>
        await vms.ActorRef.QueryAsync<VmReply>(new VmQueries.GetCapacity(), http.RequestAborted) switch
        {
            VmReply.Capacity capacity => TypedResults.Ok(capacity.Resource),
            VmReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };

    private static async Task<Ok<Page<ForeignDomainResource>>> Foreign(HttpContext http, IRequiredActor<VmsKey> vms)
    {
        var foreign = await vms.ActorRef.QueryAsync<VmQueries.ForeignDomains>(new VmQueries.GetForeign(), http.RequestAborted);
        return TypedResults.Ok(new Page<ForeignDomainResource>(foreign.Domains, foreign.Domains.Count, null));
    }
}
