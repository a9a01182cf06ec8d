namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>/proc/cpuinfo: "name : value" lines, a block a thread. The names differ between architectures, and the first block stands for all.</summary>
internal sealed class CpuInfo
{
    private readonly Dictionary<string, string> _first = new(StringComparer.Ordinal);

    /// <summary>Reads it.</summary>
    public CpuInfo(HostTree tree)
    {
        foreach (var line in tree.Lines("/proc/cpuinfo"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                continue;
            }

            var name = line[..colon].Trim();
            if (name == "processor")
            {
                Blocks++;
            }

            _first.TryAdd(name, line[(colon + 1)..].Trim());
        }

        Flags = (Value("flags") ?? Value("Features"))?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal) ?? [];
    }

    /// <summary>How many threads have a block.</summary>
    public int Blocks { get; }

    /// <summary>The instruction-set extensions.</summary>
    public IReadOnlySet<string> Flags { get; }

    /// <summary>The model's name.</summary>
    public string? Model => Named(Value("model name")) ?? ArmCores.NameOf(Value("CPU implementer"), Value("CPU part"));

    /// <summary>Who made it.</summary>
    public string? Vendor => Value("vendor_id") ?? ArmCores.VendorOf(Value("CPU implementer"));

    /// <summary>A line of the first block that has it.</summary>
    public string? Value(string name) => _first.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    // 32-bit ARM kernels say only this, for every core of the architecture.
    private static string? Named(string? model) => model?.StartsWith("ARMv", StringComparison.Ordinal) == true ? null : model;
}
