using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Orchestration;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DeCloud.NodeAgent.Api.Orchestrator;

/// <summary>The orchestrator that the node reports to over HTTP: how things stand with it, and what it pushes.</summary>
internal static class OrchestratorEndpoints
{
    /// <summary>Where an orchestrator pushes commands to. It shows no token there and addresses the node by whatever name it knows, so the gate lets this path pass; what comes through it is not believed.</summary>
    public const string PushPath = "/api/commands/receive";

    /// <summary>Maps the routes.</summary>
    /// <param name="orchestrator"><c>/api/orchestrator</c>.</param>
    /// <param name="commands"><c>/api/commands</c>.</param>
    public static void Map(RouteGroupBuilder orchestrator, RouteGroupBuilder commands)
    {
        orchestrator.MapGet("", Get)
            .Does("Get the orchestrator", "How the node stands with the orchestrator it reports to: whether it is registered, when it reported last and tries next, why not, and what waits to be told.")
            .Gives<OrchestratorResource>(200, "How things stand.")
            .Fails(EndpointDocs.WhenAsked);

        orchestrator.MapPost("login", Login)
            .Mutates()
            .Does("Offer the node", "Has the orchestrator offer the node for VMs, as it does unless told otherwise. The wish is kept, and told as soon as the orchestrator can be reached.")
            .Gives<OrchestratorResource>(200, "The wish is stored.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.NoOrchestrator, FailureCodes.JournalUnavailable);

        orchestrator.MapPost("logout", Logout)
            .Mutates()
            .Does("Offer the node no longer", "Has the orchestrator give the node no further VMs. Those that are there live on, and the node goes on reporting.")
            .Gives<OrchestratorResource>(200, "The wish is stored.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.NoOrchestrator, FailureCodes.JournalUnavailable);

        commands.MapPost("receive", Receive)
            .Mutates()
            .Does(
                "Push a command",
                $"For the orchestrator. A command is carried out when it is signed: '{PushProof.SignatureHeader}: v1=' with the HMAC-SHA256, in hexadecimal, of '{PushProof.TimestampHeader}' (seconds since 1970), a dot and the body, under the Base64 of the API key's SHA-256. Without a signature nothing of it is believed: the node asks the orchestrator for its commands at once. When the same command is among them it is answered as taken; otherwise, after a second at most, with 403, so that the command stays in the queue there.")
            .Reads<PushedCommandRequest>()
            .Gives<CommandTakenResource>(200, "The command is signed, or the orchestrator gave it when it was asked. It is stored and will be carried out; its result is told as that of any command.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.NoOrchestrator, FailureCodes.CommandNotProven, FailureCodes.TooManyPushes, FailureCodes.NoCommand, FailureCodes.JournalUnavailable);
    }

    private static async Task<Results<Ok<OrchestratorResource>, Problem>> Get(HttpContext http, IRequiredActor<OrchestratorKey> node) =>
        ToAnswer(await node.ActorRef.QueryAsync<OrchestratorReply>(new OrchestratorQueries.Get(), http.RequestAborted));

    private static Task<Results<Ok<OrchestratorResource>, Problem>> Login(HttpContext http, IRequiredActor<OrchestratorKey> node) => Wish(http, node, true);

    private static Task<Results<Ok<OrchestratorResource>, Problem>> Logout(HttpContext http, IRequiredActor<OrchestratorKey> node) => Wish(http, node, false);

    private static async Task<Results<Ok<OrchestratorResource>, Problem>> Wish(HttpContext http, IRequiredActor<OrchestratorKey> node, bool isWished) =>
        ToAnswer(await node.ActorRef.CommandAsync<OrchestratorReply>(new OrchestratorCommands.Login(isWished), http.RequestAborted));

    private static async Task<Results<Ok<CommandTakenResource>, Problem>> Receive(HttpContext http, IRequiredActor<OrchestratorKey> node)
    {
        // As it came: the signature is over these bytes. The server ends this with 413 at its limit, and with 408 when they come too slowly.
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body, http.RequestAborted);
        var headers = http.Request.Headers;
        var pushed = new OrchestratorCommands.Pushed(body.ToArray(), Single(headers[PushProof.TimestampHeader]), Single(headers[PushProof.SignatureHeader])) { Trace = NodeTracing.Current };
        return await node.ActorRef.CommandAsync<OrchestratorReply>(pushed, http.RequestAborted) switch
        {
            OrchestratorReply.Taken(var id) => TypedResults.Ok(new CommandTakenResource(id)),
            OrchestratorReply.Refused(var failure) => Problem.Of(failure),
            var other => throw new InvalidOperationException($"{other} is no answer to a push."),
        };
    }

    private static string? Single(Microsoft.Extensions.Primitives.StringValues header) => header.Count == 1 ? header[0] : null;

    private static Results<Ok<OrchestratorResource>, Problem> ToAnswer(OrchestratorReply reply) => reply switch
    {
        OrchestratorReply.Status(var resource) => TypedResults.Ok(resource),
        OrchestratorReply.Refused(var failure) => Problem.Of(failure),
        _ => throw new InvalidOperationException($"{reply} is no answer to this."),
    };
}
