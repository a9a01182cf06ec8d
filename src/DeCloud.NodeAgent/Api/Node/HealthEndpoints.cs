using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DeCloud.NodeAgent.Api.Node;

/// <summary>Whether the process lives, and whether the node can take commands. An orchestrator that can't be reached matters to neither.</summary>
internal static class HealthEndpoints
{
    /// <summary>Health checks with this tag decide on readiness, besides what the node itself says.</summary>
    public const string JournalTag = "journal";

    private static readonly byte[] Alive = "ok\n"u8.ToArray();

    /// <summary>Maps the routes.</summary>
    public static void Map(RouteGroupBuilder root)
    {
        root.MapGet("/healthz", () => new RawBody(Alive, "text/plain; charset=utf-8"))
            .Does("Is the process alive?", "Answers as long as the process serves requests. Needs no token.")
            .Gives<string>(200, "It is.", "text/plain");

        root.MapGet("/health", Health)
            .Does("How is the node?", "What works, what wants attention and what does not work, with the reason and the remedy. For people: it always answers 200, so programs ask /healthz and /readyz.")
            .Gives<HealthResource>(200, "How it is.");

        root.MapGet("/readyz", Ready)
            .Does("Can the node take commands?", "The journal can be written, libvirt is connected, every VM was compared with it, and it is known what the machine has to give. On a host that runs no VMs the journal alone decides, and 'note' says so.")
            .Gives<ReadinessResource>(200, "It can.")
            .Fails(ApiCodes.NotReady);
    }

    private static async Task<Ok<HealthResource>> Health(HttpContext http, IServiceProvider services, HealthCheckService health, ResourceBoard resources, [FromServices] WarningBoard warnings, TimeProvider time)
    {
        var report = await health.CheckHealthAsync(c => c.Tags.Contains(JournalTag), http.RequestAborted);
        var journal = report.Entries.Where(e => e.Value.Status != HealthStatus.Healthy).Select(e => e.Value.Description ?? $"{e.Key} is {e.Value.Status}.").ToList();
        NodeResource? node = null;
        try
        {
            node = await services.GetRequiredService<IRequiredActor<NodeKey>>().ActorRef.QueryAsync<NodeResource>(new NodeQueries.Get(), http.RequestAborted);
        }
        catch (Exception e) when (e is Akka.Actor.AskTimeoutException or MissingActorRegistryEntryException)
        {
            // That it does not answer is one of the things that are told.
        }

        return TypedResults.Ok(HealthOf.Node(node, journal, resources.Inventory, resources.Snapshot, time.GetUtcNow()) with { Warnings = warnings.Count() });
    }

    private static async Task<Results<Ok<ReadinessResource>, Problem>> Ready(HttpContext http, IServiceProvider services, HealthCheckService health)
    {
        var missing = new FieldErrors();
        var report = await health.CheckHealthAsync(c => c.Tags.Contains(JournalTag), http.RequestAborted);
        foreach (var (name, entry) in report.Entries.Where(e => e.Value.Status != HealthStatus.Healthy))
        {
            missing.Add("journal", null, entry.Description ?? $"{name} is {entry.Status}.");
        }

        Readiness? readiness = null;
        try
        {
            var node = services.GetRequiredService<IRequiredActor<NodeKey>>();
            readiness = await node.ActorRef.QueryAsync<Readiness>(new NodeQueries.GetReadiness(), http.RequestAborted);
            if (!readiness.Hypervisor && readiness.WithoutVms is null)
            {
                missing.Add("libvirt", null, readiness.Reason ?? "libvirt is not connected.");
            }

            if (!readiness.Reconciled)
            {
                missing.Add("reconciled", null, readiness.Reason ?? "The VMs were not all compared with libvirt yet.");
            }

            if (!readiness.Capacity)
            {
                missing.Add("capacity", null, "What the machine has to give to VMs is not known yet.");
            }
        }
        catch (Exception e) when (e is Akka.Actor.AskTimeoutException or MissingActorRegistryEntryException)
        {
            missing.Add("node", null, "The node does not answer; it is starting, or overloaded.");
        }

        return missing.IsEmpty
            ? TypedResults.Ok(readiness?.WithoutVms is { } without
                ? new ReadinessResource(true, ["journal"], without.Message)
                : new ReadinessResource(true, ["journal", "libvirt", "reconciled", "capacity"]))
            : Problem.Of(ApiCodes.NotReady, string.Join(' ', missing.ByField.Values.SelectMany(e => e).Select(e => e.Reason).Distinct()), missing);
    }
}
