using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads the memory from /proc/meminfo and /sys.</summary>
internal static class MemoryReader
{
    private const string Node = "/sys/devices/system/node/node";

    /// <summary>Reads it.</summary>
    public static MemoryResource Read(HostTree tree)
    {
        var told = Values(tree.Lines("/proc/meminfo"));
        return new()
        {
            TotalBytes = told.GetValueOrDefault("MemTotal"),
            AvailableBytes = Told(told, "MemAvailable"),
            SwapTotalBytes = Told(told, "SwapTotal"),
            HugePages = Pools(tree, "/sys/kernel/mm/hugepages"),
            NumaNodes = [.. CpuReader.NumaNodes(tree).Select(id => NumaNode(tree, id))],
        };
    }

    /// <summary>The memory that a container may take of the machine's; null without such a bound.</summary>
    public static long? ContainerBound(HostTree tree) => tree.Number("/sys/fs/cgroup/memory.max");

    private static MemoryNumaNodeResource NumaNode(HostTree tree, int id)
    {
        // "Node 0 MemTotal:       131832196 kB"
        var told = Values(tree.Lines($"{Node}{id}/meminfo").Select(line => line[(line.IndexOf("Mem", StringComparison.Ordinal) is >= 0 and var start ? start : 0)..]));
        return new(id, told.GetValueOrDefault("MemTotal"), Told(told, "MemFree"), Pools(tree, $"{Node}{id}/hugepages"));
    }

    private static IReadOnlyList<HugePagesResource> Pools(HostTree tree, string folder) =>
    [
        .. tree.Names(folder)
            .Select(name => (Name: name, PageBytes: PageBytes(name), Total: tree.Number($"{folder}/{name}/nr_hugepages")))
            .Where(pool => pool is { PageBytes: not null, Total: not null })
            .OrderBy(pool => pool.PageBytes)
            .Select(pool => new HugePagesResource(
                pool.PageBytes!.Value, pool.Total!.Value, tree.Number($"{folder}/{pool.Name}/free_hugepages") ?? 0, tree.Number($"{folder}/{pool.Name}/resv_hugepages"))),
    ];

    // hugepages-2048kB
    private static long? PageBytes(string name)
    {
        const string prefix = "hugepages-", suffix = "kB";
        return name.StartsWith(prefix, StringComparison.Ordinal) && name.EndsWith(suffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan()[prefix.Length..^suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            ? size << 10
            : null;
    }

    private static long? Told(Dictionary<string, long> told, string name) => told.TryGetValue(name, out var value) ? value : null;

    // "MemTotal:       24684084 kB"; the kernel says kB and means KiB.
    private static Dictionary<string, long> Values(IEnumerable<string> lines)
    {
        var values = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line.EndsWith(" kB", StringComparison.Ordinal)
                && long.TryParse(line.AsSpan()[(colon + 1)..^3].Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var kib))
            {
                values[line[..colon]] = kib << 10;
            }
        }

        return values;
    }
}
