using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Api.Node;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace DeCloud.NodeAgent.Api.Actors;

/// <summary>The node's actors while they run.</summary>
internal static class ActorEndpoints
{
    /// <summary>Where an actor is watched.</summary>
    public const string TailPath = "/api/actors/tail";

    private const int DefaultLimit = 500;
    private const int MostLimit = 5000;
    private const int MostDepth = 32;
    private const int DefaultTop = 20;
    private const int MostTop = 500;
    private const int MostPath = 512;
    private const string Example = "/user/node/vms";

    /// <summary>Maps the routes.</summary>
    /// <param name="actors"><c>/api/actors</c>.</param>
    public static void Map(RouteGroupBuilder actors)
    {
        actors.MapGet("", List)
            .Does("List actors", "The agent's actors as they stand: what each is, whether it works, what waits for it, how often it was started again and why. Nobody is asked, so that one that hangs is seen too; figures of a busy system are a moment old.")
            .Query("under", "string", $"Only this actor and those below it; {ActorInspector.User} when absent.", Example)
            .Query("depth", "integer", $"How many levels below it, 0 to {MostDepth}; all when absent.", "2")
            .Query("limit", "integer", $"How many actors at most, 1 to {MostLimit}; {DefaultLimit} when absent.", "500")
            .Gives<ActorListResource>(200, "The actors, by path.")
            .Fails(FailureCodes.ActorNotFound);

        actors.MapGet("show", Show)
            .Does("Get an actor", "One actor: what it does this moment, the step it has in flight, and what its parent did with it.")
            .Query("path", "string", "The actor's path.", Example)
            .Gives<ActorDetailResource>(200, "The actor.")
            .Fails(FailureCodes.ActorNotFound);

        actors.MapGet("top", Top)
            .Does("Find the busiest actors", "Watches all actors for a second and tells which worked most, with their rates. Nothing is measured while nobody asks.")
            .Query("limit", "integer", $"How many actors at most, 1 to {MostTop}; {DefaultTop} when absent.", "20")
            .Gives<ActorTopResource>(200, "The actors, the busiest first.");

        actors.MapGet("tail", Tail)
            .Does("Watch an actor", "A stream of server-sent events: 'message' for each message that the actor takes, 'log' for each line that it writes and for what its parent does with it, 'dropped' with a number when they came too fast to be told; the actor never waits. Of a message its type and the members that hold neither a tenant's text nor a secret are told. A comment every 15 seconds shows that the stream lives.")
            .Query("path", "string", "The actor's path.", Example)
            .Gives<TailResource>(200, "The stream; each 'data' is one sight.", "text/event-stream")
            .Fails(FailureCodes.ActorNotFound, ApiCodes.TooManyStreams);

        actors.MapPost("restart", Restart)
            .Does("Start an actor again", "For operators: over the agent's socket, or with the token. The actor ends and is raised by its parent with all that its journal holds; VMs go on running. The request is logged as an audit event, and stored before it is followed. Parts of the node and VMs' actors can be started again, as long as that breaks nothing off.")
            .Mutates()
            .Reads<RestartActorRequest>()
            .Gives<ActorRestartResource>(202, "The actor is being started again.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(ApiCodes.OperatorsOnly, FailureCodes.ActorNotFound, FailureCodes.ActorNotRestartable, FailureCodes.ActorBusy);
    }

    private static Results<Ok<ActorListResource>, Problem> List(HttpContext http, [FromServices] ActorInspector inspector)
    {
        var query = new QueryReader(http.Request.Query);
        var under = query.Text("under") is null ? ActorInspector.User : PathIn(query, "under");
        var depth = (int)query.Whole("depth", int.MaxValue, 0, MostDepth);
        var limit = (int)query.Whole("limit", DefaultLimit, 1, MostLimit);
        return !query.Errors.IsEmpty ? Problem.Invalid(query.Errors)
            : inspector.List(under, depth, limit) is { } list ? TypedResults.Ok(list)
            : NotFound(under);
    }

    private static Results<Ok<ActorDetailResource>, Problem> Show(HttpContext http, [FromServices] ActorInspector inspector, OperationBoard operations)
    {
        var query = new QueryReader(http.Request.Query);
        var path = PathIn(query, "path");
        return !query.Errors.IsEmpty ? Problem.Invalid(query.Errors)
            : inspector.Show(path) is { } actor ? TypedResults.Ok(actor with { Step = StepOf(path, operations) })
            : NotFound(path);
    }

    private static async Task<Results<Ok<ActorTopResource>, Problem>> Top(HttpContext http, [FromServices] ActorInspector inspector)
    {
        var query = new QueryReader(http.Request.Query);
        var limit = (int)query.Whole("limit", DefaultTop, 1, MostTop);
        return query.Errors.IsEmpty ? TypedResults.Ok(await inspector.TopAsync(limit, http.RequestAborted)) : Problem.Invalid(query.Errors);
    }

    private static async Task<IResult> Tail(HttpContext http, [FromServices] ActorInspector inspector, LiveStreams streams)
    {
        var query = new QueryReader(http.Request.Query);
        var path = PathIn(query, "path");
        return !query.Errors.IsEmpty ? Problem.Invalid(query.Errors)
            : inspector.Show(path) is null ? NotFound(path)
            : await streams.ServeAsync(http, end => inspector.TailAsync(path, end), NameOf, WireJson.Types.TailResource);
    }

    private static async Task<Results<Accepted<ActorRestartResource>, Problem>> Restart(HttpContext http, [FromServices] IRequiredActor<NodeKey> node, HttpSection options, Audit audit)
    {
        var body = await JsonBody.ReadAsync(http, WireJson.Types.RestartActorRequest);
        if (body.Problem is not null)
        {
            return body.Problem;
        }

        var path = body.Value!.Path;
        if (!body.Errors.Has("path"))
        {
            Check(path, "path", body.Errors);
        }

        if (!body.Errors.IsEmpty)
        {
            return Problem.Invalid(body.Errors);
        }

        if (Operator.Of(http, options) is not { } who)
        {
            audit.RestartRefused(Operator.Unknown(http), path, ApiCodes.OperatorsOnly);
            return Problem.Of(ApiCodes.OperatorsOnly);
        }

        var reply = await node.ActorRef.QueryAsync<RestartReply>(new RestartActor(path, who.Way), http.RequestAborted);
        if (reply.Refusal is { } refusal)
        {
            audit.RestartRefused(who.Name, path, refusal.Code);
            return Problem.Of(refusal);
        }

        audit.Restarted(who.Name, path);
        return TypedResults.Accepted($"/api/actors/show?path={Uri.EscapeDataString(path)}", new ActorRestartResource(path));
    }

    private static string NameOf(TailResource sight) => sight.Kind switch { "message" => "message", "dropped" => "dropped", _ => "log" };

    private static string PathIn(QueryReader query, string name)
    {
        var path = query.Text(name) ?? "";
        Check(path, name, query.Errors);
        return path.TrimEnd('/');
    }

    private static void Check(string path, string field, FieldErrors errors)
    {
        var isSound = path.Length is > 1 and <= MostPath && (path == "/system" || path == ActorInspector.User || path.StartsWith("/user/", StringComparison.Ordinal) || path.StartsWith("/system/", StringComparison.Ordinal));
        if (!isSound)
        {
            errors.Add(field, path, $"must be an actor's path, such as {Example}, of at most {MostPath} characters. GET /api/actors lists them.");
        }
    }

    private static Problem NotFound(string path) => Problem.Of(FailureCodes.ActorNotFound, $"There is no actor {path}. GET /api/actors lists those that there are.");

    /// <summary>What a VM's actor, or the one for its domain, is at.</summary>
    private static string? StepOf(string path, OperationBoard operations)
    {
        const string Vms = "/user/node/vms/";
        if (!path.StartsWith(Vms, StringComparison.Ordinal))
        {
            return null;
        }

        var resource = $"/api/vms/{path[Vms.Length..].Split('/')[0]}";
        return operations.Read().FirstOrDefault(o => o.Resource == resource && o.Status == "running") is { } running ? $"{running.Kind}: {running.Stage ?? "waits"}" : null;
    }
}
