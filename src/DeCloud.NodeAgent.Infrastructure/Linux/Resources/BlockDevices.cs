using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>The block devices of /sys.</summary>
internal sealed class BlockDevices(HostTree tree)
{
    private const string Folder = "/sys/block";

    /// <summary>Sizes are in sectors of this many bytes, whatever the device's own are.</summary>
    private const int SectorBytes = 512;

    private const int DeepestStack = 8;
    private static readonly string[] NoDisks = ["loop", "ram", "zram", "sr", "fd", "nbd"];

    /// <summary>Whether a name is a whole disk's that is listed.</summary>
    public static bool IsListed(string name) => !NoDisks.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>The whole disks that have a medium.</summary>
    public IReadOnlyList<DiskResource> Read() => [.. tree.Names(Folder).Where(IsListed).Select(Disk).Where(d => d.SizeBytes is null or > 0)];

    /// <summary>The whole disks below a device number, or below what is mounted where that has a number of its own, as with btrfs.</summary>
    public IReadOnlyList<string> Below(Mount mount)
    {
        var name = tree.LinkName($"/sys/dev/block/{mount.Device}")
            ?? (mount.Source.StartsWith("/dev/", StringComparison.Ordinal) ? NameOf(mount.Source["/dev/".Length..]) : null);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        if (name is not null)
        {
            Descend(name, found, 0);
        }

        return [.. found];
    }

    // Mapped devices are mounted by the names that people gave them.
    private string? NameOf(string source) => source.StartsWith("mapper/", StringComparison.Ordinal)
        ? tree.Names(Folder).FirstOrDefault(name => tree.Text($"{Folder}/{name}/dm/name") == source["mapper/".Length..])
        : source;

    private void Descend(string name, SortedSet<string> found, int depth)
    {
        var below = tree.Names($"/sys/class/block/{name}/slaves");
        if (below.Count > 0 && depth < DeepestStack)
        {
            foreach (var next in below)
            {
                Descend(next, found, depth + 1);
            }
        }
        else if (tree.Has($"{Folder}/{name}"))
        {
            found.Add(name);
        }
        else if (tree.LinkTarget($"/sys/class/block/{name}") is { } target)
        {
            // A partition's folder is in that of its disk.
            found.Add(Path.GetFileName(Path.GetDirectoryName(target)!));
        }
    }

    private DiskResource Disk(string name)
    {
        var folder = $"{Folder}/{name}";
        var isRotational = tree.Flag($"{folder}/queue/rotational");
        return new()
        {
            Name = name,
            Kind = Kind(name, folder, isRotational),
            Model = tree.Text($"{folder}/device/model") ?? tree.Text($"{folder}/dm/name") ?? tree.Text($"{folder}/device/name"),
            SizeBytes = tree.Number($"{folder}/size") * SectorBytes,
            IsRotational = isRotational,
            IsRemovable = tree.Flag($"{folder}/removable"),
            IsReadOnly = tree.Flag($"{folder}/ro"),
            LogicalBlockBytes = (int?)tree.Number($"{folder}/queue/logical_block_size"),
        };
    }

    private string Kind(string name, string folder, bool? isRotational)
    {
        if (tree.Has($"{folder}/dm") || tree.Has($"{folder}/md"))
        {
            return "mapped";
        }

        if (name.StartsWith("vd", StringComparison.Ordinal) || name.StartsWith("xvd", StringComparison.Ordinal) || tree.Text($"{folder}/device/vendor") is "QEMU" or "VMware" or "VMware," or "Msft")
        {
            return "virtual";
        }

        if (name.StartsWith("nvme", StringComparison.Ordinal))
        {
            return "nvme";
        }

        return isRotational switch
        {
            true => "hdd",
            false => "ssd",
            null => "other",
        };
    }
}
