using System.Globalization;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>The life of a VM, event by event.</summary>
internal static class VmHistoryEndpoints
{
    private const int DefaultLimit = 100;
    private const int MostLimit = 1000;

    /// <summary>Maps the routes.</summary>
    /// <param name="vm"><c>/api/vms/{id}</c>.</param>
    public static void Map(RouteGroupBuilder vm) =>
        vm.MapGet("history", Read)
            .Does("Read a VM's history", "Every event in the life of the VM, oldest first: who, why, when. Deleted VMs have one too. With 'at', the VM as it was at that time instead.")
            .Query("after", "integer", "Only events behind this sequence number; the 'next' of the page before.", "0")
            .Query("limit", "integer", $"How many events at most, 1 to {MostLimit}; {DefaultLimit} when absent.", "100")
            .Query("at", "string", "A time in ISO 8601: answers with the VM as it was then. Not together with 'after' and 'limit'.", "2026-01-31T12:00:00Z")
            .Gives<Page<HistoryEntryResource>>(200, "A page of events; with 'at', the VM as it was.")
            .Fails(FailureCodes.VmNotFound, FailureCodes.Timeout, FailureCodes.JournalUnavailable);

    private static async Task<Results<Ok<Page<HistoryEntryResource>>, Ok<VmResource>, Problem>> Read(Guid id, HttpContext http, [FromServices] IVmHistory history)
    {
        var query = new QueryReader(http.Request.Query);
        var at = query.Time("at");
        var after = query.Whole("after", 0, 0, long.MaxValue);
        var limit = (int)query.Whole("limit", DefaultLimit, 1, MostLimit);
        if (at is not null && http.Request.Query.Count > 1)
        {
            query.Errors.Add("at", query.Text("at"), "must not be given together with 'after' or 'limit'.");
        }

        if (!query.Errors.IsEmpty)
        {
            return Problem.Invalid(query.Errors);
        }

        using var deadline = Deadline.ForRead(http);
        if (at is { } time)
        {
            return await history.AtAsync(new(id), time, deadline.Token) is { } vm
                ? TypedResults.Ok(vm)
                : Problem.Of(FailureCodes.VmNotFound, $"There was no VM {id} at {time:O}.");
        }

        var (entries, total) = await history.ReadAsync(new(id), after, limit, deadline.Token);
        if (total == 0)
        {
            return Problem.Of(FailureCodes.VmNotFound, $"There never was a VM {id} on this node.");
        }

        var last = entries.Count > 0 ? entries[^1].Sequence : total;
        return TypedResults.Ok(new Page<HistoryEntryResource>(entries, total, last < total ? last.ToString(CultureInfo.InvariantCulture) : null));
    }
}
