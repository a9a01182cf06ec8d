using System.Diagnostics.CodeAnalysis;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>
/// Decides by its first and last bytes whether a stranger's image is accepted, before any other program looks at it: even <c>qemu-img info</c> has read and written
/// files of the host on the word of an image (CVE-2024-4467).
/// </summary>
public static class ImageHeader
{
    /// <summary>How many first bytes a decision needs, if the file has as many: the largest that the header and its extensions may take here.</summary>
    public const int HeadBytes = 64 << 10;

    /// <summary>How many last bytes a decision needs.</summary>
    public const int TailBytes = 512;

    private const int Sector = 512;

    /// <summary>Judges an image.</summary>
    /// <param name="head">The first <see cref="HeadBytes"/> of the file, or all of a shorter one.</param>
    /// <param name="tail">The last <see cref="TailBytes"/>; none while they are not known.</param>
    /// <param name="fileLength">The file's length; null while it is not known. The decision is final only when it was given.</param>
    /// <param name="declared">What the image was said to be, when anybody said it.</param>
    /// <param name="largestVirtualSize">The largest disk that is accepted, in bytes.</param>
    /// <param name="facts">What the image is, when it is accepted. With an unknown length the size of a raw image is 0.</param>
    /// <param name="refusal">Why it is not: <see cref="FailureCodes.ImageRefused"/> or <see cref="FailureCodes.ImageTooLarge"/>, permanent.</param>
    /// <returns>True when it is accepted.</returns>
    public static bool TryAccept(
        ReadOnlySpan<byte> head,
        ReadOnlySpan<byte> tail,
        long? fileLength,
        ImageFormat? declared,
        long largestVirtualSize,
        out ImageFacts facts,
        [NotNullWhen(false)] out Failure? refusal)
    {
        facts = default;
        if (Qcow2Header.TryRead(head, out var header))
        {
            refusal = Qcow2Refusal(header, head, fileLength, declared, largestVirtualSize);
            facts = refusal is null ? new(ImageFormat.Qcow2, (long)header.VirtualSize) : default;
            return refusal is null;
        }

        refusal = RawRefusal(head, tail, fileLength, declared, largestVirtualSize);
        facts = refusal is null ? new(ImageFormat.Raw, fileLength ?? 0) : default;
        return refusal is null;
    }

    private static Failure? Qcow2Refusal(Qcow2Header header, ReadOnlySpan<byte> head, long? fileLength, ImageFormat? declared, long largest)
    {
        if (declared == ImageFormat.Raw)
        {
            return Refused("The image is declared raw but is a qcow2. Name it as what it is.");
        }

        // First, so that an absurd size is called too large rather than at odds with its tables.
        if (header.VirtualSize > (ulong)largest)
        {
            return TooLarge(header.VirtualSize, largest);
        }

        if (header.VirtualSize == 0)
        {
            return Refused("The qcow2 image describes a disk of 0 bytes.");
        }

        return Qcow2Rules.FaultOf(header, head, fileLength) is { } fault ? Refused($"The qcow2 image {fault}.") : null;
    }

    private static Failure? RawRefusal(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, long? fileLength, ImageFormat? declared, long largest)
    {
        if (ForeignForm.Of(head, tail) is var (name, remedy))
        {
            return Refused($"The image is {name}; qcow2 and raw are accepted. {remedy}.");
        }

        if (declared == ImageFormat.Qcow2)
        {
            return Refused("The image is declared qcow2 but does not begin with a qcow2 header. Check the address, or download it again from its publisher.");
        }

        if (fileLength is not { } length)
        {
            return null;
        }

        if (length == 0)
        {
            return Refused("The image is empty.");
        }

        if (length > largest)
        {
            return TooLarge((ulong)length, largest);
        }

        return length % Sector != 0
            ? Refused($"The image is neither a qcow2 nor a raw disk: its {length} bytes are no multiple of {Sector}. It may be incomplete; qcow2 and raw are accepted.")
            : null;
    }

    private static Failure Refused(string message) => new(FailureCodes.ImageRefused, message, IsPermanent: true);

    private static Failure TooLarge(ulong size, long largest) => new(
        FailureCodes.ImageTooLarge,
        $"The image describes a disk of {size} bytes; this node accepts up to {largest}. Use a smaller image or raise the limit on image sizes.",
        IsPermanent: true);
}
