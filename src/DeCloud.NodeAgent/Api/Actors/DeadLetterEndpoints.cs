using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Api.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Contracts.Rest;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace DeCloud.NodeAgent.Api.Actors;

/// <summary>Messages that reached nobody.</summary>
internal static class DeadLetterEndpoints
{
    /// <summary>Where they are followed.</summary>
    public const string StreamPath = "/api/dead-letters/stream";

    /// <summary>Maps the routes.</summary>
    /// <param name="deadLetters"><c>/api/dead-letters</c>.</param>
    public static void Map(RouteGroupBuilder deadLetters)
    {
        deadLetters.MapGet("", List)
            .Does("List dead letters", "The last hundred messages that reached nobody, because their actor was gone or did not know them, and how many there were since the agent was started. A few around restarts are usual.")
            .Gives<DeadLetterListResource>(200, "The messages, the oldest first.");

        deadLetters.MapGet("stream", Follow)
            .Does("Follow dead letters", "A stream of server-sent events, each a message that reaches nobody from now on. What comes too fast to be told is left out; the total of the list counts it.")
            .Gives<DeadLetterResource>(200, "The stream; each 'data' is one message.", "text/event-stream")
            .Fails(ApiCodes.TooManyStreams);
    }

    private static Ok<DeadLetterListResource> List([FromServices] DeadLetterBoard board) => TypedResults.Ok(board.Read());

    private static Task<IResult> Follow(HttpContext http, [FromServices] ActorInspector inspector, LiveStreams streams) =>
        streams.ServeAsync(http, inspector.DeadLettersAsync, _ => "dead-letter", WireJson.Types.DeadLetterResource);
}
