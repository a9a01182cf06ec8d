using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace DeCloud.NodeAgent.Api.Actors;

/// <summary>The journal of an actor.</summary>
internal static class JournalEndpoints
{
    private const int DefaultLimit = 100;
    private const int MostLimit = 1000;
    private const int MostCharacters = 255;
    private const string Known = "vm-ID, vms, images, ports, wireguard, orchestrator, remote and warnings";

    /// <summary>Maps the route.</summary>
    /// <param name="journal"><c>/api/journal</c>.</param>
    public static void Map(RouteGroupBuilder journal) =>
        journal.MapGet("{persistenceId}", Read)
            .Does("Read an actor's journal", $"The events of one subject as they are stored, the oldest first, in pages. Subjects are {Known}. What users or secrets may hide behind is left out.")
            .Query("after", "integer", "Only events behind this number; the 'next' of the page before.", "0")
            .Query("limit", "integer", $"How many events at most, 1 to {MostLimit}; {DefaultLimit} when absent.", "100")
            .Gives<JournalPageResource>(200, "A page of events.")
            .Fails(ApiCodes.JournalNotFound, FailureCodes.Timeout, FailureCodes.JournalUnavailable);

    private static async Task<Results<Ok<JournalPageResource>, Problem>> Read(string persistenceId, HttpContext http, [FromServices] IJournalView journal)
    {
        var query = new QueryReader(http.Request.Query);
        var after = query.Whole("after", 0, 0, long.MaxValue - 1);
        var limit = (int)query.Whole("limit", DefaultLimit, 1, MostLimit);
        if (persistenceId.Length > MostCharacters || !persistenceId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            query.Errors.Add("persistenceId", persistenceId, $"must be at most {MostCharacters} letters, digits, '-', '_' and '.'.");
        }

        if (!query.Errors.IsEmpty)
        {
            return Problem.Invalid(query.Errors);
        }

        using var deadline = Deadline.ForRead(http);
        var page = await journal.ReadAsync(persistenceId, after, limit, deadline.Token);
        return page.Total == 0
            ? Problem.Of(ApiCodes.JournalNotFound, $"The journal has nothing of '{persistenceId}'. Subjects are {Known}.")
            : TypedResults.Ok(page);
    }
}
