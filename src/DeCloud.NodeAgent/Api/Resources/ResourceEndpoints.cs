using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Resources;

/// <summary>What the machine is made of, and what it is doing.</summary>
internal static class ResourceEndpoints
{
    /// <summary>Reading the inventory may wait for a driver's program and for file servers.</summary>
    private static readonly TimeSpan RefreshWait = TimeSpan.FromSeconds(30);

    /// <summary>Maps the routes.</summary>
    /// <param name="node"><c>/api/node</c>.</param>
    public static void Map(RouteGroupBuilder node)
    {
        node.MapGet("resources", Inventory)
            .Does("Get the inventory", "What the machine is made of: processors, memory, disks and file systems, network, GPUs. Read again by itself when devices, mounts or interfaces change. What can't be read is absent.")
            .Query("refresh", "boolean", "true to read it anew first; false when absent.", "false")
            .Gives<NodeResources>(200, "The inventory.")
            .Fails(FailureCodes.Restarting, FailureCodes.Timeout, FailureCodes.HostError);

        node.MapPost("resources/refresh", Refresh)
            .Mutates()
            .Does("Read the inventory anew", "Reads everything again and answers with it. Whoever asks while it is being read gets the same answer.")
            .Gives<NodeResources>(200, "The new inventory.")
            .Fails(FailureCodes.Restarting, FailureCodes.Timeout, FailureCodes.HostError);

        node.MapGet("resources/cpu", (ResourceBodies bodies) => Body(bodies.Cpu))
            .Does("Get the processors", "The processors of the inventory: model, threads, NUMA nodes, and whether they can run VMs and keep devices apart.")
            .Gives<CpuResource>(200, "The processors.").Fails(FailureCodes.Restarting);
        node.MapGet("resources/memory", (ResourceBodies bodies) => Body(bodies.Memory))
            .Does("Get the memory", "The memory of the inventory, with huge pages and NUMA nodes.")
            .Gives<MemoryResource>(200, "The memory.").Fails(FailureCodes.Restarting);
        node.MapGet("resources/storage", (ResourceBodies bodies) => Body(bodies.Storage))
            .Does("Get the storage", "The disks and file systems of the inventory, and which of them hold VMs and images.")
            .Gives<StorageResource>(200, "The storage.").Fails(FailureCodes.Restarting);
        node.MapGet("resources/gpus", (ResourceBodies bodies) => Body(bodies.Gpus))
            .Does("Get the GPUs", "Every display controller of the inventory, whichever driver it has, and whether it can be handed to a VM.")
            .Gives<GpusResource>(200, "The GPUs.").Fails(FailureCodes.Restarting);
        node.MapGet("resources/network", (ResourceBodies bodies) => Body(bodies.Network))
            .Does("Get the network", "The network interfaces of the inventory with their addresses, and the default routes.")
            .Gives<NetworkResource>(200, "The network.").Fails(FailureCodes.Restarting);

        node.MapGet("snapshot", (ResourceBodies bodies) => Body(bodies.Snapshot))
            .Does("Get the live snapshot", "What the machine is doing: processor time by mode, memory, disk and network rates, load, pressure, and what each running VM uses. Computed once a second, so reading it often costs nothing.")
            .Gives<NodeSnapshot>(200, "The snapshot.")
            .Fails(FailureCodes.Restarting);
    }

    private static Results<RawBody, Problem> Body(byte[]? body) =>
        body is not null ? new RawBody(body, RawBody.Json) : Problem.Of(FailureCodes.Restarting, "The agent has just started and has not looked at the machine yet. Try again.");

    private static async Task<Results<RawBody, Problem>> Inventory(HttpContext http, ResourceBodies bodies, IServiceProvider services)
    {
        var query = new QueryReader(http.Request.Query);
        var isRefresh = query.Flag("refresh");
        return !query.Errors.IsEmpty ? Problem.Invalid(query.Errors)
            : isRefresh && await RefreshAsync(http, services) is { } problem ? problem
            : Body(bodies.Inventory);
    }

    private static async Task<Results<RawBody, Problem>> Refresh(HttpContext http, ResourceBodies bodies, IServiceProvider services) =>
        await RefreshAsync(http, services) is { } problem ? problem : Body(bodies.Inventory);

    private static async Task<Problem?> RefreshAsync(HttpContext http, IServiceProvider services)
    {
        var resources = services.GetRequiredService<IRequiredActor<ResourcesKey>>();
        return await resources.ActorRef.QueryAsync<ResourceReply>(new ResourceMessages.Refresh(), http.RequestAborted, RefreshWait) is ResourceReply.Refused refused ? Problem.Of(refused.Failure) : null;
    }
}
