using System.Collections.Frozen;
using System.Globalization;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Names of ARM cores. The kernel tells numbers alone (MIDR_EL1); the names behind them are in its arch/arm64/include/asm/cputype.h.</summary>
internal static class ArmCores
{
    private static readonly FrozenDictionary<int, string> Vendors = new Dictionary<int, string>
    {
        [0x41] = "ARM", [0x43] = "Cavium", [0x46] = "Fujitsu", [0x48] = "HiSilicon", [0x4e] = "NVIDIA", [0x50] = "Applied Micro", [0x51] = "Qualcomm", [0x61] = "Apple", [0xc0] = "Ampere",
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<(int, int), string> Cores = new Dictionary<(int, int), string>
    {
        [(0x41, 0xd03)] = "Cortex-A53", [(0x41, 0xd04)] = "Cortex-A35", [(0x41, 0xd05)] = "Cortex-A55", [(0x41, 0xd07)] = "Cortex-A57", [(0x41, 0xd08)] = "Cortex-A72",
        [(0x41, 0xd09)] = "Cortex-A73", [(0x41, 0xd0a)] = "Cortex-A75", [(0x41, 0xd0b)] = "Cortex-A76", [(0x41, 0xd0c)] = "Neoverse-N1", [(0x41, 0xd0d)] = "Cortex-A77",
        [(0x41, 0xd40)] = "Neoverse-V1", [(0x41, 0xd41)] = "Cortex-A78", [(0x41, 0xd46)] = "Cortex-A510", [(0x41, 0xd47)] = "Cortex-A710", [(0x41, 0xd49)] = "Neoverse-N2",
        [(0x41, 0xd4f)] = "Neoverse-V2", [(0x43, 0x0af)] = "ThunderX2", [(0x48, 0xd01)] = "Kunpeng-920", [(0x46, 0x001)] = "A64FX", [(0xc0, 0xac3)] = "Ampere-1", [(0xc0, 0xac4)] = "Ampere-1A",
    }.ToFrozenDictionary();

    /// <summary>Who designed a core.</summary>
    public static string? VendorOf(string? implementer) => Number(implementer) is { } number ? Vendors.GetValueOrDefault(number, implementer!) : null;

    /// <summary>What a core is called.</summary>
    public static string? NameOf(string? implementer, string? part) =>
        Number(implementer) is { } maker && Number(part) is { } number ? Cores.GetValueOrDefault((maker, number)) : null;

    private static int? Number(string? text) =>
        text?.StartsWith("0x", StringComparison.Ordinal) == true && int.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) ? number : null;
}
