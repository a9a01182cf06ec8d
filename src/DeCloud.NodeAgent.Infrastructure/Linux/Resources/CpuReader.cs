using System.Collections.Frozen;
using System.Globalization;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads the processors from /proc/cpuinfo and /sys/devices/system.</summary>
internal static class CpuReader
{
    private const string Threads = "/sys/devices/system/cpu";
    private const string Nodes = "/sys/devices/system/node";

    /// <summary>What guests' programs are built for, what speeds up their encryption and arithmetic, and what concerns virtualisation.</summary>
    private static readonly FrozenSet<string> Matter = FrozenSet.Create(
        StringComparer.Ordinal,
        "vmx", "svm", "ept", "npt", "vpid", "hypervisor", "x2apic", "pdpe1gb", "nx", "lm", "constant_tsc", "nonstop_tsc", "sse4_1", "sse4_2", "ssse3", "popcnt", "cx16", "movbe", "aes", "avx",
        "avx2", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile", "amx_int8", "amx_bf16", "bmi1", "bmi2", "fma", "f16c", "sha_ni",
        "vaes", "vpclmulqdq", "gfni", "rdrand", "rdseed", "invpcid", "smep", "smap", "umip", "la57", "sgx", "sme", "sev", "sev_es", "sev_snp", "tdx_guest", "avic",
        "fp", "asimd", "asimddp", "asimdhp", "atomics", "crc32", "pmull", "sha1", "sha2", "sha3", "sha512", "sve", "sve2", "i8mm", "bf16", "paca", "pacg", "bti", "rng", "dcpop");

    /// <summary>Reads them.</summary>
    public static CpuResource Read(HostTree tree, ILinuxCalls calls, CpuInfo info)
    {
        var threads = tree.Names(Threads).Where(IsThread).ToList();
        return new()
        {
            Model = info.Model,
            Vendor = info.Vendor,
            Sockets = Sockets(tree, threads, info),
            Cores = Cores(tree, threads),
            Threads = ThreadRanges.Count(tree.Text($"{Threads}/online")) is { } online and > 0 ? online : info.Blocks > 0 ? info.Blocks : Environment.ProcessorCount,
            MaxFrequencyMegahertz = Frequency(tree, "cpuinfo_max_freq", values => values.Max()),
            MinFrequencyMegahertz = Frequency(tree, "cpuinfo_min_freq", values => values.Min()),
            BaseFrequencyMegahertz = Frequency(tree, "base_frequency", values => values.Max()),
            Flags = [.. info.Flags.Where(Matter.Contains).Order(StringComparer.Ordinal)],
            Virtualization = Virtualization(tree, calls, info),
            Iommu = Iommu(tree),
            NumaNodes = [.. NumaNodes(tree).Select(n => new CpuNumaNodeResource(n, ThreadRanges.Count(tree.Text($"{Nodes}/node{n}/cpulist")) ?? 0, tree.Text($"{Nodes}/node{n}/cpulist") ?? ""))],
        };
    }

    /// <summary>The numbers of the machine's NUMA nodes, in order.</summary>
    public static IEnumerable<int> NumaNodes(HostTree tree) => Numbered(tree.Names(Nodes), "node");

    private static bool IsThread(string name) => Numbered([name], "cpu").Any();

    private static IEnumerable<int> Numbered(IEnumerable<string> names, string prefix) => names
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
        .Select(name => int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)
        .Where(number => number >= 0)
        .Order();

    private static int? Sockets(HostTree tree, IReadOnlyList<string> threads, CpuInfo info)
    {
        // Boards that are described by a device tree have -1 here.
        var packages = threads.Select(t => tree.Number($"{Threads}/{t}/topology/physical_package_id")).Where(p => p >= 0).Distinct().Count();
        return packages > 0 ? packages : info.Blocks > 0 ? 1 : null;
    }

    private static int? Cores(HostTree tree, IReadOnlyList<string> threads)
    {
        // The numbers of cores repeat between packages and clusters; the lists of threads that share a core do not. The name of the list changed with Linux 5.2.
        var cores = threads
            .Select(t => tree.Text($"{Threads}/{t}/topology/core_cpus_list") ?? tree.Text($"{Threads}/{t}/topology/thread_siblings_list"))
            .OfType<string>().Distinct(StringComparer.Ordinal).Count();
        return cores > 0 ? cores : null;
    }

    private static double? Frequency(HostTree tree, string file, Func<IEnumerable<long>, long> choose)
    {
        // In kHz, a folder for the threads that only change together.
        var values = tree.Names($"{Threads}/cpufreq").Select(policy => tree.Number($"{Threads}/cpufreq/{policy}/{file}")).OfType<long>().Where(v => v > 0).ToList();
        return values.Count > 0 ? choose(values) / 1000.0 : null;
    }

    private static VirtualizationResource Virtualization(HostTree tree, ILinuxCalls calls, CpuInfo info)
    {
        var hasDevice = tree.Has("/dev/kvm");
        var extension = info.Flags.Contains("vmx") ? "vmx" : info.Flags.Contains("svm") ? "svm" : calls.Architecture == "aarch64" && hasDevice ? "arm" : null;
        return new(extension, hasDevice ? calls.KvmOpens() : null, tree.Flag("/sys/module/kvm_intel/parameters/nested") ?? tree.Flag("/sys/module/kvm_amd/parameters/nested"));
    }

    private static IommuResource Iommu(HostTree tree)
    {
        var groups = tree.Names("/sys/kernel/iommu_groups").Count;
        string? kind = null;
        if (groups > 0)
        {
            kind = tree.Names("/sys/class/iommu") switch
            {
                [var name, ..] when name.StartsWith("dmar", StringComparison.Ordinal) => "intel-vtd",
                [var name, ..] when name.StartsWith("ivhd", StringComparison.Ordinal) => "amd-vi",
                [var name, ..] when name.Contains("smmu", StringComparison.Ordinal) => "arm-smmu",
                _ => "other",
            };
        }

        return new(groups > 0, kind, groups);
    }
}
