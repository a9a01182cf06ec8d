using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Api.Vms;

/// <summary>Lists of VMs as they go over the wire, kept for as long as no VM changes: a list that is polled costs no serialisation while nothing happens.</summary>
internal sealed class VmListBodies(VmBoard board)
{
    private const int MostKept = 16;
    private const int MostBytesKept = 1 << 20;
    private Kept _kept = new(ImmutableSortedDictionary<VmId, VmResource>.Empty);

    /// <summary>The body that answers a query now.</summary>
    public byte[] Of(VmListQuery query)
    {
        var vms = board.Current;
        var kept = Volatile.Read(ref _kept);
        if (!ReferenceEquals(kept.Vms, vms))
        {
            // Two readers may both make a new one; the loser's is thrown away with what was put in it.
            kept = new(vms);
            Volatile.Write(ref _kept, kept);
        }

        if (ReferenceEquals(query, VmListQuery.All))
        {
            return kept.Default ??= Write(vms, query);
        }

        if (kept.Others.TryGetValue(query.Key, out var body))
        {
            return body;
        }

        body = Write(vms, query);
        if (body.Length <= MostBytesKept && kept.Others.Count < MostKept)
        {
            kept.Others[query.Key] = body;
        }

        return body;
    }

    private static byte[] Write(ImmutableSortedDictionary<VmId, VmResource> vms, VmListQuery query) =>
        JsonSerializer.SerializeToUtf8Bytes(query.PageOf(vms), WireJson.Types.PageVmResource);

    private sealed class Kept(ImmutableSortedDictionary<VmId, VmResource> vms)
    {
        public ImmutableSortedDictionary<VmId, VmResource> Vms => vms;

        public byte[]? Default { get; set; }

        public ConcurrentDictionary<string, byte[]> Others { get; } = new();
    }
}
