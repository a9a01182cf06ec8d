namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>The memory.</summary>
public sealed record MemoryResource
{
    /// <summary>What the kernel manages, in bytes.</summary>
    public required long TotalBytes { get; init; }

    /// <summary>What could be used without swapping, in bytes, when the inventory was read.</summary>
    public long? AvailableBytes { get; init; }

    /// <summary>Swap space in bytes.</summary>
    public long? SwapTotalBytes { get; init; }

    /// <summary>The pools of huge pages, ordered by page size.</summary>
    public required IReadOnlyList<HugePagesResource> HugePages { get; init; }

    /// <summary>The memory of each NUMA node, ordered by id; empty where the kernel does not tell.</summary>
    public required IReadOnlyList<MemoryNumaNodeResource> NumaNodes { get; init; }
}

/// <summary>A pool of huge pages.</summary>
/// <param name="PageBytes">Size of a page.</param>
/// <param name="Total">Pages in the pool.</param>
/// <param name="Free">Pages that nobody uses.</param>
/// <param name="Reserved">Free pages that are promised already; absent for one NUMA node's pool.</param>
public sealed record HugePagesResource(long PageBytes, long Total, long Free, long? Reserved);

/// <summary>The memory of a NUMA node.</summary>
/// <param name="Id">The node's number.</param>
/// <param name="TotalBytes">Its memory.</param>
/// <param name="FreeBytes">What nobody uses of it.</param>
/// <param name="HugePages">Its pools of huge pages, ordered by page size.</param>
public sealed record MemoryNumaNodeResource(int Id, long TotalBytes, long? FreeBytes, IReadOnlyList<HugePagesResource> HugePages);
