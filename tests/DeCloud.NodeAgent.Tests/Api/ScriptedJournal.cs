using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Tests.Api;

/// <summary>A journal with whatever a test puts in.</summary>
internal sealed class ScriptedJournal : IJournalView
{
    public Dictionary<string, IReadOnlyList<JournalEventResource>> Subjects { get; } = [];

    public Task<JournalPageResource> ReadAsync(string persistenceId, long after, int limit, CancellationToken cancellation)
    {
        var all = Subjects.GetValueOrDefault(persistenceId) ?? [];
        var behind = all.Where(e => e.Sequence > after).ToList();
        var page = behind.Take(limit).ToList();
        return Task.FromResult(new JournalPageResource(page, all.Count, page.Count < behind.Count ? page[^1].Sequence : null));
    }
}
