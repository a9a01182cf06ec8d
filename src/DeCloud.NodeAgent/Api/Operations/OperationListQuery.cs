using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Api.Operations;

/// <summary>Which operations are asked for.</summary>
/// <param name="After">Only operations behind this one.</param>
/// <param name="Limit">How many at most.</param>
/// <param name="Status">Only operations that stand so.</param>
/// <param name="Resource">Only operations on this.</param>
internal sealed record OperationListQuery(string? After, int Limit, string? Status, string? Resource)
{
    /// <summary>How many operations a page has when nothing is said.</summary>
    public const int DefaultLimit = 100;

    /// <summary>How many operations a page may have.</summary>
    public const int MostLimit = 1000;

    private static readonly string[] Statuses = [.. Enum.GetValues<OperationStatus>().Select(status => VmWords.Of(status))];

    /// <summary>Reads the query of a request.</summary>
    public static OperationListQuery Read(IQueryCollection query, out FieldErrors errors)
    {
        var reader = new QueryReader(query);
        errors = reader.Errors;
        var status = reader.Text("status");
        if (status is not null && !Statuses.Contains(status))
        {
            errors.Add("status", status, $"must be one of {string.Join(", ", Statuses)}.");
        }

        var after = reader.Text("after");
        if (after is not null && !OperationId.TryParse(after, out _))
        {
            errors.Add("after", after, "must be the 'next' of another page.");
        }

        return new(after, (int)reader.Whole("limit", DefaultLimit, 1, MostLimit), status, reader.Text("resource"));
    }

    /// <summary>The page of operations that the query asks for. An operation that is no longer remembered can't be paged on from: the page is then empty.</summary>
    /// <param name="operations">All operations, in their order.</param>
    public Page<OperationResource> PageOf(IReadOnlyList<OperationResource> operations)
    {
        // The page before may have ended with one that matches no more, such as one that has ended since; its place among all still tells what comes behind it.
        var behind = (After is null ? operations : operations.SkipWhile(o => o.Id != After).Skip(1)).Where(Matches).ToList();
        var items = behind.Take(Limit).ToList();
        return new(items, operations.Count(Matches), items.Count < behind.Count ? items[^1].Id : null);
    }

    private bool Matches(OperationResource operation) => (Status is null || operation.Status == Status) && (Resource is null || operation.Resource == Resource);
}
