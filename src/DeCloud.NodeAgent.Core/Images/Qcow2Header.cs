using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>
/// The header of a qcow2 file, read and not judged. Offsets and widths are those of QEMU's <c>docs/interop/qcow2.txt</c>; all numbers are big-endian.
/// </summary>
/// <param name="Version">2 or 3.</param>
/// <param name="BackingFileOffset">Where the name of the backing file is; 0 when there is none.</param>
/// <param name="BackingFileLength">Bytes of that name.</param>
/// <param name="ClusterBits">Two to this power is the bytes of a cluster.</param>
/// <param name="VirtualSize">Bytes of the disk described, as written, up to 2^64-1.</param>
/// <param name="CryptMethod">0 for none.</param>
/// <param name="L1Entries">Entries of the level-1 table.</param>
/// <param name="L1Offset">Where it is.</param>
/// <param name="RefcountTableOffset">Where the reference count table is.</param>
/// <param name="RefcountTableClusters">Clusters it occupies.</param>
/// <param name="Snapshots">Internal snapshots.</param>
/// <param name="IncompatibleFeatures">Bits a reader must know; 0 in version 2.</param>
/// <param name="AutoclearFeatures">Bits a writer must clear when it does not know them; 0 in version 2.</param>
/// <param name="RefcountOrder">Two to this power is the bits of a reference count; 4 in version 2.</param>
/// <param name="HeaderLength">Bytes of the header; 72 in version 2.</param>
/// <param name="CompressionType">0 for zlib, 1 for zstd; 0 where the header is too short to say.</param>
public sealed record Qcow2Header(
    int Version,
    ulong BackingFileOffset,
    uint BackingFileLength,
    uint ClusterBits,
    ulong VirtualSize,
    uint CryptMethod,
    uint L1Entries,
    ulong L1Offset,
    ulong RefcountTableOffset,
    uint RefcountTableClusters,
    uint Snapshots,
    ulong IncompatibleFeatures,
    ulong AutoclearFeatures,
    uint RefcountOrder,
    uint HeaderLength,
    byte CompressionType)
{
    /// <summary>The bytes of a version 2 header.</summary>
    public const int Version2Length = 72;

    /// <summary>The least bytes of a version 3 header.</summary>
    public const int Version3Length = 104;

    /// <summary>The longest name of a backing file that the format allows.</summary>
    public const int LongestBackingFile = 1023;

    /// <summary>The first four bytes: <c>QFI</c> and 0xfb. QEMU's older qcow has them too, with version 1.</summary>
    public static ReadOnlySpan<byte> Magic => [0x51, 0x46, 0x49, 0xfb];

    /// <summary>Reads a header of version 2 or 3.</summary>
    /// <param name="head">The first bytes of the file.</param>
    /// <param name="header">What they say.</param>
    /// <returns>False when they are too few or begin no qcow2 of version 2 or 3.</returns>
    public static bool TryRead(ReadOnlySpan<byte> head, [NotNullWhen(true)] out Qcow2Header? header)
    {
        header = null;
        if (head.Length < Version2Length || !head.StartsWith(Magic))
        {
            return false;
        }

        var version = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (version is not (2 or 3) || (version == 3 && head.Length < Version3Length))
        {
            return false;
        }

        var isThree = version == 3;
        var length = isThree ? BinaryPrimitives.ReadUInt32BigEndian(head[100..]) : Version2Length;
        header = new(
            (int)version,
            BinaryPrimitives.ReadUInt64BigEndian(head[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[20..]),
            BinaryPrimitives.ReadUInt64BigEndian(head[24..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[32..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[36..]),
            BinaryPrimitives.ReadUInt64BigEndian(head[40..]),
            BinaryPrimitives.ReadUInt64BigEndian(head[48..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[56..]),
            BinaryPrimitives.ReadUInt32BigEndian(head[60..]),
            isThree ? BinaryPrimitives.ReadUInt64BigEndian(head[72..]) : 0,
            isThree ? BinaryPrimitives.ReadUInt64BigEndian(head[88..]) : 0,
            isThree ? BinaryPrimitives.ReadUInt32BigEndian(head[96..]) : 4,
            length,
            isThree && length > Version3Length && head.Length > Version3Length ? head[Version3Length] : (byte)0);
        return true;
    }

    /// <summary>The name of the backing file, as far as the header's own bytes hold it.</summary>
    /// <param name="head">The first bytes of the file.</param>
    /// <returns>The name; null when there is none, or when it is too long, beyond the bytes given, or no UTF-8.</returns>
    public string? BackingFile(ReadOnlySpan<byte> head)
    {
        if (BackingFileOffset == 0 || BackingFileLength is 0 or > LongestBackingFile || BackingFileOffset > (ulong)head.Length)
        {
            return null;
        }

        var rest = head[(int)BackingFileOffset..];
        if (rest.Length < BackingFileLength)
        {
            return null;
        }

        try
        {
            return StrictUtf8.GetString(rest[..(int)BackingFileLength]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
