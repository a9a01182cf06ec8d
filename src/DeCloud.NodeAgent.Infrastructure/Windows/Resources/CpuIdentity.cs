using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>What an x86 processor says of itself (CPUID), in the words that Linux uses, so that nodes of both kinds can be compared.</summary>
/// <param name="Vendor">For example <c>GenuineIntel</c>.</param>
/// <param name="Flags">The extensions that matter to guests, in alphabetical order.</param>
/// <param name="Virtualization"><c>vmx</c>, <c>svm</c> or null. A hypervisor that is on hides it, Windows' own too.</param>
internal sealed record CpuIdentity(string Vendor, IReadOnlyList<string> Flags, string? Virtualization)
{
    private const int FeatureLeaf = 1, StructuredLeaf = 7, ExtendedLeaf = unchecked((int)0x80000001), HighestExtendedLeaf = unchecked((int)0x80000000);

    // Leaf, register (1 to 3 for EBX, ECX, EDX) and bit: Intel SDM volume 2A "CPUID", AMD APM volume 3 appendix E.
    private static readonly (int Leaf, int Register, int Bit, string Flag)[] Known =
    [
        (FeatureLeaf, 2, 5, "vmx"), (FeatureLeaf, 2, 12, "fma"), (FeatureLeaf, 2, 19, "sse4_1"), (FeatureLeaf, 2, 20, "sse4_2"), (FeatureLeaf, 2, 1, "pclmulqdq"), (FeatureLeaf, 2, 23, "popcnt"),
        (FeatureLeaf, 2, 25, "aes"), (FeatureLeaf, 2, 28, "avx"), (FeatureLeaf, 2, 30, "rdrand"), (FeatureLeaf, 2, 31, "hypervisor"),
        (StructuredLeaf, 1, 3, "bmi1"), (StructuredLeaf, 1, 5, "avx2"), (StructuredLeaf, 1, 8, "bmi2"), (StructuredLeaf, 1, 16, "avx512f"), (StructuredLeaf, 1, 18, "rdseed"), (StructuredLeaf, 1, 29, "sha_ni"),
        (ExtendedLeaf, 2, 2, "svm"), (ExtendedLeaf, 3, 26, "pdpe1gb"),
    ];

    /// <summary>Asks the processor that this runs on; null where it is none of x86.</summary>
    public static CpuIdentity? Read() => X86Base.IsSupported ? Of(X86Base.CpuId) : null;

    /// <summary>Reads answers of a processor.</summary>
    /// <param name="ask">Gives the registers of a leaf and subleaf.</param>
    public static CpuIdentity Of(Func<int, int, (int Eax, int Ebx, int Ecx, int Edx)> ask)
    {
        var basic = ask(0, 0);
        var vendor = Encoding.ASCII.GetString(MemoryMarshal.AsBytes<int>([basic.Ebx, basic.Edx, basic.Ecx]));
        var highestExtended = (uint)ask(HighestExtendedLeaf, 0).Eax;
        List<string> flags = [.. Known.Where(k => (k.Leaf > 0 ? k.Leaf <= basic.Eax : (uint)k.Leaf <= highestExtended) && IsSet(ask(k.Leaf, 0), k.Register, k.Bit)).Select(k => k.Flag).Order(StringComparer.Ordinal)];
        return new(vendor, flags, flags.Contains("vmx") ? "vmx" : flags.Contains("svm") ? "svm" : null);
    }

    private static bool IsSet((int Eax, int Ebx, int Ecx, int Edx) registers, int register, int bit) =>
        ((register switch { 1 => registers.Ebx, 2 => registers.Ecx, _ => registers.Edx } >> bit) & 1) != 0;
}
