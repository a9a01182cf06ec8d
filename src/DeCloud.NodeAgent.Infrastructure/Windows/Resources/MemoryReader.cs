using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads the memory.</summary>
internal static class MemoryReader
{
    /// <summary>Reads it.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="gaps">Told when it could not be read.</param>
    public static MemoryResource Read(IWindowsMachine machine, ICollection<string> gaps)
    {
        var status = machine.Memory();
        if (status is null)
        {
            gaps.Add("The size of the memory is not known: GlobalMemoryStatusEx failed.");
        }

        return new()
        {
            TotalBytes = status?.Total ?? 0,
            AvailableBytes = status?.Available,
            SwapTotalBytes = status is { } told ? PageFiles(told) : null,
            HugePages = [],
            NumaNodes = [],
        };
    }

    /// <summary>How memory is used at the moment.</summary>
    public static MemoryUsageResource Usage(MemoryStatus status) => new(status.Total, status.Available, null, null, PageFiles(status), null);

    // What can be promised is memory and page files together.
    private static long PageFiles(MemoryStatus status) => Math.Max(0, status.CommitLimit - status.Total);
}
