using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Operations;

/// <summary>What became of requests.</summary>
internal static class OperationEndpoints
{
    private static readonly TimeSpan MostWait = TimeSpan.FromSeconds(60);

    /// <summary>Maps the routes.</summary>
    /// <param name="operations"><c>/api/operations</c>.</param>
    public static void Map(RouteGroupBuilder operations)
    {
        operations.MapGet("", List)
            .Does("List operations", "The operations that are remembered of all VMs that exist and of image pulls, the latest accepted first, in pages. Filters are joined with 'and'.")
            .Query("after", "string", "The 'next' of the page before.", Examples.OperationId)
            .Query("limit", "integer", $"How many operations at most, 1 to {OperationListQuery.MostLimit}; {OperationListQuery.DefaultLimit} when absent.", "100")
            .Query("status", "string", "Only operations that stand so: running, succeeded, failed or superseded.", "running")
            .Query("resource", "string", "Only operations on this, by the path that operations show.", $"/api/vms/{Examples.VmId}")
            .Gives<Page<OperationResource>>(200, "A page of operations.");

        operations.MapGet("{id}", Get)
            .Does("Get an operation", "What became of a request that was accepted: its stage, its progress, its end. Operations survive restarts.")
            .Query("wait", "string", "How long to wait for the end before answering, at most 60s.", "30s")
            .Gives<OperationResource>(200, "The operation, ended or not.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.OperationNotFound, FailureCodes.VmsUnsupported);

        operations.MapPost("{id}/cancel", Cancel)
            .Mutates()
            .Does(
                "Cancel an operation",
                "Gives up an operation that waits for its next try or for an image; it then is 'superseded'. A pull stops downloading unless others wait for the same image. A VM that was being created or started shall be stopped from then on: start it again, or delete it.")
            .Gives<OperationResource>(200, "The operation, which has ended.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.OperationNotFound, FailureCodes.OperationNotCancellable, FailureCodes.VmNotFound, FailureCodes.VmDeleted, FailureCodes.VmNotRunning, FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable, FailureCodes.HypervisorUnavailable, FailureCodes.VmsUnsupported);
    }

    /// <summary>A VM's operation is given up by what takes its place: the VM shall be stopped. The VM itself decides whether the operation still waits, so that none that has begun to run is stopped.</summary>
    private static async Task<Results<Ok<OperationResource>, Problem>> Cancel(string id, HttpContext http, IRequiredActor<VmsKey> vms, IRequiredActor<ImagesKey> images)
    {
        if (!OperationId.TryParse(id, out var operation))
        {
            return Problem.Of(FailureCodes.OperationNotFound, "The id is none that this node gives out.");
        }

        if (operation.Vm is not { } vm)
        {
            return ToAnswer(await images.ActorRef.CommandAsync<ImageReply>(new ImageCommands.Cancel(operation.Number), http.RequestAborted));
        }

        var request = IdempotencyKey.RequestOf(http, $"POST /api/operations/{id}/cancel");
        return await vms.ActorRef.CommandAsync<VmReply>(new VmCommands.Change(vm, VmChange.Stop, request) { GivesUp = operation.Number }, http.RequestAborted) is VmReply.Refused refused
            ? Problem.Of(refused.Failure)
            : ToAnswer(await vms.ActorRef.QueryAsync<VmReply>(new VmQueries.GetOperation(vm, operation.Number, TimeSpan.Zero), http.RequestAborted));
    }

    private static Results<Ok<Page<OperationResource>>, Problem> List(HttpContext http, OperationBoard board)
    {
        var query = OperationListQuery.Read(http.Request.Query, out var errors);
        return errors.IsEmpty ? TypedResults.Ok(query.PageOf(board.Read())) : Problem.Invalid(errors);
    }

    private static async Task<Results<Ok<OperationResource>, Problem>> Get(string id, HttpContext http, IRequiredActor<VmsKey> vms, IRequiredActor<ImagesKey> images, IHostApplicationLifetime host)
    {
        var query = new QueryReader(http.Request.Query);
        var wait = query.Duration("wait", MostWait);
        if (!query.Errors.IsEmpty)
        {
            return Problem.Invalid(query.Errors);
        }

        if (!OperationId.TryParse(id, out var operation))
        {
            return Problem.Of(FailureCodes.OperationNotFound, "The id is none that this node gives out.");
        }

        // The agent shall not wait for those who wait.
        using var end = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, host.ApplicationStopping);
        try
        {
            return operation.Vm is { } vm
                ? ToAnswer(await vms.ActorRef.QueryAsync<VmReply>(new VmQueries.GetOperation(vm, operation.Number, wait), end.Token, wait))
                : ToAnswer(await images.ActorRef.QueryAsync<ImageReply>(new ImageQueries.GetOperation(operation.Number, wait), end.Token, wait));
        }
        catch (OperationCanceledException) when (host.ApplicationStopping.IsCancellationRequested)
        {
            return Problem.Of(FailureCodes.Restarting, "The agent is stopping. Ask again when it runs.");
        }
    }

    private static Results<Ok<OperationResource>, Problem> ToAnswer(VmReply reply) => reply switch
    {
        VmReply.Operation found => TypedResults.Ok(found.Resource),
        VmReply.Refused { Failure.Code: FailureCodes.VmNotFound } => Problem.Of(FailureCodes.OperationNotFound),
        VmReply.Refused refused => Problem.Of(refused.Failure),
        _ => throw VmReplies.Unexpected(reply),
    };

    private static Results<Ok<OperationResource>, Problem> ToAnswer(ImageReply reply) => reply switch
    {
        ImageReply.Operation found => TypedResults.Ok(found.Resource),
        ImageReply.Refused refused => Problem.Of(refused.Failure),
        _ => throw VmReplies.Unexpected(reply),
    };
}
