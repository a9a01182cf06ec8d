using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Warnings;
using DeCloud.NodeAgent.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace DeCloud.NodeAgent.Api.Warnings;

/// <summary>What wants an operator's attention.</summary>
internal static class WarningEndpoints
{
    private const int MostNote = 500;
    private static readonly string[] States = ["active", "all"];

    /// <summary>Maps the routes.</summary>
    /// <param name="warnings"><c>/api/warnings</c>.</param>
    public static void Map(RouteGroupBuilder warnings)
    {
        warnings.MapGet("", List)
            .Does("List warnings", "What wants attention, with what to do about it. A warning has one name for its kind and subject, so that one that comes back is the same, with its count; it ends by itself when it is no longer so. The event stream tells as 'warning' when one appears, becomes worse, ends or is acknowledged.")
            .Query("state", "string", "active: those that are (when absent); all: those too that have ended, the last 200 of seven days.", "active")
            .Gives<WarningListResource>(200, "The warnings, the worst and latest first.");

        warnings.MapPost("{warningId}/acknowledge", Acknowledge)
            .Does("Acknowledge a warning", "Notes that somebody has seen it. It stays until it is no longer so, survives restarts, and is asked for again when the warning becomes worse or comes back after more than an hour.")
            .Mutates()
            .Reads<AcknowledgeWarningRequest>(isOptional: true)
            .Gives<WarningResource>(200, "The warning.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.WarningNotFound, FailureCodes.JournalUnavailable);

        warnings.MapDelete("{warningId}/acknowledge", Unacknowledge)
            .Does("Take an acknowledgement back", "The warning counts as unseen again.")
            .Mutates()
            .Gives<WarningResource>(200, "The warning.")
            .Fails(EndpointDocs.WhenAsked)
            .Fails(FailureCodes.WarningNotFound, FailureCodes.JournalUnavailable);
    }

    private static Results<Ok<WarningListResource>, Problem> List(HttpContext http, [FromServices] WarningBoard board)
    {
        var query = new QueryReader(http.Request.Query);
        var state = query.Text("state") ?? "active";
        if (!States.Contains(state))
        {
            query.Errors.Add("state", state, $"must be one of {string.Join(", ", States)}.");
        }

        return query.Errors.IsEmpty ? TypedResults.Ok(new WarningListResource([.. board.Current.Where(w => w.Active || state == "all")])) : Problem.Invalid(query.Errors);
    }

    private static async Task<Results<Ok<WarningResource>, Problem>> Acknowledge(string warningId, HttpContext http, [FromServices] IRequiredActor<NodeKey> node, HttpSection options)
    {
        var body = await JsonBody.ReadAsync(http, WireJson.Types.AcknowledgeWarningRequest, isOptional: true);
        if (body.Problem is not null)
        {
            return body.Problem;
        }

        if (body.Value?.Note is { Length: > MostNote } note)
        {
            body.Errors.Add("note", note, $"must be at most {MostNote} characters.");
        }

        return body.Errors.IsEmpty
            ? await AskAsync(node, new WarningCommands.Acknowledge(warningId, Who(http, options), string.IsNullOrWhiteSpace(body.Value?.Note) ? null : body.Value.Note), http.RequestAborted)
            : Problem.Invalid(body.Errors);
    }

    private static Task<Results<Ok<WarningResource>, Problem>> Unacknowledge(string warningId, HttpContext http, [FromServices] IRequiredActor<NodeKey> node, HttpSection options) =>
        AskAsync(node, new WarningCommands.Unacknowledge(warningId, Who(http, options)), http.RequestAborted);

    private static async Task<Results<Ok<WarningResource>, Problem>> AskAsync(IRequiredActor<NodeKey> node, IWarningMessage command, CancellationToken cancellation) =>
        await node.ActorRef.CommandAsync<WarningReply>(command, cancellation) switch
        {
            WarningReply.Kept kept => TypedResults.Ok(kept.Warning),
            WarningReply.Refused refused => Problem.Of(refused.Failure),
            var other => throw new InvalidOperationException($"The keeper of warnings answered {other.GetType()}."),
        };

    private static string Who(HttpContext http, HttpSection options) => Operator.Of(http, options)?.Way ?? "api";
}
