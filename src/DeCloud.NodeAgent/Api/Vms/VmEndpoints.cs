using System.Globalization;
using System.Text;
using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>The VMs: list, get, create, delete.</summary>
internal static class VmEndpoints
{
    /// <summary>Maps the routes.</summary>
    /// <param name="vms"><c>/api/vms</c>.</param>
    /// <param name="vm"><c>/api/vms/{id}</c>.</param>
    public static void Map(RouteGroupBuilder vms, RouteGroupBuilder vm)
    {
        vms.MapGet("", List)
            .Does("List VMs", "Every VM of this node, ordered by id, in pages. Filters are joined with 'and'.")
            .Query("after", "string", "The 'next' of the page before.", "4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1")
            .Query("limit", "integer", $"How many VMs at most, 1 to {VmListQuery.MostLimit}; {VmListQuery.DefaultLimit} when absent.", "100")
            .Query("state", "string", "Only VMs in this state: unknown, absent, stopped, running or paused.", "running")
            .Query("name", "string", "Only VMs of exactly this name.", "web-1")
            .Query("label", "string", "Only VMs with this label, key=value. May be repeated.", "env=test", isMany: true)
            .Gives<Page<VmResource>>(200, "A page of VMs.");

        vms.MapPost("", Create)
            .Mutates()
            .Does(
                "Create a VM",
                "Stores the request and answers at once; the operation tells how far it is. The image is downloaded unless it is in the cache, the disk and the cloud-init seed are made, and the VM is started. Everything that is wrong with the body is told at once, before anything is touched.")
            .Reads<CreateVmRequest>()
            .Gives<AcceptedResource>(202, "The VM is stored and will be made. 'Location' names the operation.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmExists, FailureCodes.VmDeleted, FailureCodes.ForeignDomain, FailureCodes.NoAcceleration, FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable, FailureCodes.DiskFull, FailureCodes.HostError)
            .Fails(FailureCodes.CapacityExhausted, FailureCodes.CapacityUnknown, FailureCodes.GpuUnknown, FailureCodes.OverlayNotOffered);

        vm.MapGet("", Get)
            .Does("Get a VM", "The VM as it is now. 'ETag' is its version; with 'If-None-Match' an unchanged VM is answered with 304.")
            .Gives<VmResource>(200, "The VM.")
            .Gives(304, "The VM has the version of 'If-None-Match'.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted);

        vm.MapDelete("", Delete)
            .Mutates()
            .Does("Delete a VM", "Cuts the power and removes the VM with its disk. Its history remains.")
            .Gives<AcceptedResource>(202, "The VM will be removed. 'Location' names the operation.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable);
    }

    private static Results<RawBody, Problem> List(HttpContext http, VmListBodies bodies)
    {
        var query = VmListQuery.Read(http.Request.Query, out var errors);
        return errors.IsEmpty ? new RawBody(bodies.Of(query), RawBody.Json) : Problem.Invalid(errors);
    }

    private static async Task<Results<Accepted<AcceptedResource>, Problem>> Create(HttpContext http, IRequiredActor<VmsKey> vms, CreateVmValidation validation)
    {
        var body = await JsonBody.ReadAsync(http, RestJson.Default.CreateVmRequest, secret: ["userData"]);
        if (body.Value is not { } create)
        {
            return body.Problem!;
        }

        body.Errors.AddUnlessKnown(validation.Check(create));
        if (!body.Errors.IsEmpty)
        {
            return Problem.Invalid(body.Errors);
        }

        // Labels have no order of their own; the same set must hash to the same.
        var spec = CreateVmValidation.SpecOf(create);
        var request = IdempotencyKey.RequestOf(http, "POST /api/vms", create with { Labels = spec.Labels }, RestJson.Default.CreateVmRequest);

        // Cast, because a bare null would become memory of no bytes.
        var userData = spec.HasUserData ? Encoding.UTF8.GetBytes(create.UserData!) : (ReadOnlyMemory<byte>?)null;
        var id = create.Id is { } given ? new VmId(given) : VmId.New();
        return VmReplies.ToAnswer(await vms.ActorRef.CommandAsync<VmReply>(new VmCommands.Create(id, spec, userData, request) { Gpus = [.. create.Gpus ?? []], Overlay = create.Overlay == true, Trace = NodeTracing.Current }, http.RequestAborted));
    }

    private static async Task<Results<Ok<VmResource>, StatusCodeHttpResult, Problem>> Get(Guid id, HttpContext http, IRequiredActor<VmsKey> vms)
    {
        switch (await vms.ActorRef.QueryAsync<VmReply>(new VmQueries.Get(new(id)), http.RequestAborted))
        {
            case VmReply.Found found:
                // Weak: what is not in the history, such as the progress of a download, may differ.
                var tag = string.Create(CultureInfo.InvariantCulture, $"W/\"{found.Vm.Version}\"");
                http.Response.Headers.ETag = tag;
                return http.Request.Headers.IfNoneMatch == tag ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : TypedResults.Ok(found.Vm);
            case VmReply.Refused refused:
                return Problem.Of(refused.Failure);
            case var other:
                throw VmReplies.Unexpected(other);
        }
    }

    private static async Task<Results<Accepted<AcceptedResource>, Problem>> Delete(Guid id, HttpContext http, IRequiredActor<VmsKey> vms) =>
        VmReplies.ToAnswer(await vms.ActorRef.CommandAsync<VmReply>(
            new VmCommands.Change(new(id), VmChange.Delete, IdempotencyKey.RequestOf(http, $"DELETE /api/vms/{id}")) { Trace = NodeTracing.Current },
            http.RequestAborted));
}
