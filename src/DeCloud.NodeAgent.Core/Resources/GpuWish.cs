using System.Text.RegularExpressions;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>How a GPU is asked for.</summary>
public static partial class GpuWish
{
    /// <summary>Any GPU that is free; the node chooses.</summary>
    public const string Any = "any";

    /// <summary>The most GPUs that one VM may ask for.</summary>
    public const int Most = 16;

    /// <summary>Whether a text is a wish: <see cref="Any"/>, or a PCI address <c>dddd:bb:dd.f</c> in lower-case hexadecimal, the way sysfs writes it.</summary>
    /// <param name="text">The text.</param>
    public static bool IsOne(string text) => text == Any || IsAddress(text);

    /// <summary>Whether a text is a PCI address.</summary>
    /// <param name="text">The text.</param>
    public static bool IsAddress(string text) => Address().IsMatch(text);

    // A domain may be longer than four digits (VMD bridges), a device has five bits, a function three.
    [GeneratedRegex(@"\A[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]\z", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
