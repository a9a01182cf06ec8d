using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Api.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Images;

/// <summary>The image cache.</summary>
internal static class ImageEndpoints
{
    /// <summary>Maps the routes.</summary>
    /// <param name="images"><c>/api/images</c>.</param>
    public static void Map(RouteGroupBuilder images)
    {
        images.MapGet("", List)
            .Does("List images", "What is in the image cache, and how much room it takes and may take.")
            .Gives<ImageListResource>(200, "The images.")
            .Fails(EndpointDocs.WhenAsked);

        images.MapPost("", Pull)
            .Mutates()
            .Does("Bring an image into the cache", "Downloads, verifies and inspects the image ahead of the first VM that needs it.")
            .Reads<PullImageRequest>()
            .Gives<AcceptedResource>(202, "The image will be downloaded, unless it is there. 'Location' names the operation.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.IdempotencyConflict, FailureCodes.JournalUnavailable, FailureCodes.ImageUrlRefused, FailureCodes.DiskFull);

        images.MapDelete("{digest}", Remove)
            .Mutates()
            .Does("Remove an image", "Removes an image that no VM's disk stands on.")
            .Gives(204, "The image is gone.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.ImageMissing, FailureCodes.ImageInUse, FailureCodes.HostError);
    }

    private static async Task<Results<Ok<ImageListResource>, Problem>> List(HttpContext http, IRequiredActor<ImagesKey> images) =>
        await images.ActorRef.QueryAsync<ImageReply>(new ImageQueries.List(), http.RequestAborted) switch
        {
            ImageReply.Listed listed => TypedResults.Ok(listed.Images),
            ImageReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };

    private static async Task<Results<Accepted<AcceptedResource>, Problem>> Pull(HttpContext http, IRequiredActor<ImagesKey> images, ImageUrlPolicy urls)
    {
        var body = await JsonBody.ReadAsync(http, RestJson.Default.PullImageRequest);
        if (body.Value is not { } pull)
        {
            return body.Problem!;
        }

        var errors = new FieldErrors();
        CreateVmValidation.CheckImage(errors, urls, "url", pull.Url, "hash", pull.Hash);
        body.Errors.AddUnlessKnown(errors);
        if (!body.Errors.IsEmpty)
        {
            return Problem.Invalid(body.Errors);
        }

        var image = new ImageRequest(pull.Url, pull.Hash.Length > 0 ? ImageDigest.Parse(pull.Hash) : null);
        var request = IdempotencyKey.RequestOf(http, "POST /api/images", pull, RestJson.Default.PullImageRequest);
        return await images.ActorRef.CommandAsync<ImageReply>(new ImageCommands.Pull(image, request), http.RequestAborted) switch
        {
            ImageReply.Accepted accepted => TypedResults.Accepted($"/api/operations/{accepted.Resource.Id}", new AcceptedResource(accepted.Resource, null)),
            ImageReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };
    }

    private static async Task<Results<NoContent, Problem>> Remove(string digest, HttpContext http, IRequiredActor<ImagesKey> images)
    {
        if (!ImageDigest.TryParse(digest, out var id))
        {
            return Problem.Invalid("digest", digest, "must be 'sha256:' and 64 hexadecimal digits.");
        }

        return await images.ActorRef.CommandAsync<ImageReply>(new ImageCommands.Remove(id), http.RequestAborted) switch
        {
            ImageReply.Removed => TypedResults.NoContent(),
            ImageReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw VmReplies.Unexpected(other),
        };
    }
}
