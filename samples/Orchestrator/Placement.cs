using DeCloud.NodeAgent.Contracts.Remote;

namespace DeCloud.Orchestrator;

/// <summary>Which node gets a VM. Pure.</summary>
internal static class Placement
{
    private const double CpuOvercommit = 4;

    /// <summary>
    /// The best node: of those that are attached, ready and have room, the one with the largest share of memory left afterwards. Null when there is none.
    /// </summary>
    public static NodeRecord? Best(IEnumerable<NodeRecord> nodes, CreateVm vm) => nodes
        .Where(n => n is { Status: "attached", LastBeat: { IsReady: true, IsDraining: false, Capacity: not null } })
        .Select(n => (Node: n, Left: LeftAfter(n.LastBeat!.Capacity!, vm)))
        .Where(n => n.Left >= 0)
        .OrderByDescending(n => n.Left)
        .ThenBy(n => n.Node.Address.Name, StringComparer.Ordinal)
        .Select(n => n.Node)
        .FirstOrDefault();

    private static double LeftAfter(NodeCapacity capacity, CreateVm vm)
    {
        var memory = capacity.MemoryBytes - capacity.PromisedMemoryBytes - vm.MemoryBytes;
        var cpus = (capacity.Threads * CpuOvercommit) - capacity.PromisedVCpus - vm.VCpus;
        return memory < 0 || cpus < 0 || vm.DiskBytes > capacity.DiskFreeBytes || capacity.MemoryBytes <= 0 ? -1 : (double)memory / capacity.MemoryBytes;
    }
}
