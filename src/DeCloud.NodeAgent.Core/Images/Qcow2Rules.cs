using System.Buffers.Binary;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>
/// What a stranger's qcow2 must be so that qemu-img may open it: complete in its one file, naming no other, every size within what QEMU itself allows.
/// The limits on tables are QEMU's own (<c>block/qcow2.h</c>: 32 MiB of level-1 table, 8 MiB of reference count table); the closed lists of bits and
/// extensions are ours, because each bit that is let through is code that a stranger's bytes can reach.
/// </summary>
internal static class Qcow2Rules
{
    private const ulong Dirty = 1, Corrupt = 2, ExternalData = 4, CompressionType = 8, ExtendedL2 = 16;
    private const ulong RawExternalData = 2;
    private const uint EndOfExtensions = 0, FeatureNames = 0x6803f857, BackingFormat = 0xe2792aca, DataFileName = 0x44415441, Bitmaps = 0x23852875, Encryption = 0x0537be77;
    private const ulong LargestL1Bytes = 32 << 20;
    private const ulong LargestRefcountTableBytes = 8 << 20;

    /// <summary>Says what is wrong with the image.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="head">Its first bytes.</param>
    /// <param name="fileLength">Its length, when known.</param>
    /// <returns>The first fault found, in words that continue "The qcow2 image ..."; null when there is none.</returns>
    public static string? FaultOf(Qcow2Header header, ReadOnlySpan<byte> head, long? fileLength)
    {
        if (header.BackingFileOffset != 0 || header.BackingFileLength != 0)
        {
            return "names a backing file. Flatten it with: qemu-img convert -O qcow2";
        }

        return FaultOfFeatures(header) ?? FaultOfGeometry(header, fileLength) ?? FaultOfExtensions(header, head);
    }

    private static string? FaultOfFeatures(Qcow2Header header)
    {
        var bits = header.IncompatibleFeatures;
        if ((bits & ExternalData) != 0 || (header.AutoclearFeatures & RawExternalData) != 0)
        {
            return "keeps its data in an external file. Flatten it with: qemu-img convert -O qcow2";
        }

        if (header.CryptMethod != 0)
        {
            return "is encrypted. Decrypt it with qemu-img convert";
        }

        if ((bits & (Dirty | Corrupt)) != 0)
        {
            return "was not closed cleanly or is marked corrupt. Repair it with: qemu-img check -r all";
        }

        if ((bits & ExtendedL2) != 0)
        {
            return "uses extended level-2 entries. Convert it with: qemu-img convert -O qcow2 -o extended_l2=off";
        }

        if ((bits & ~CompressionType) != 0)
        {
            return $"needs features that are not known here (bits 0x{bits:x}). Convert it with: qemu-img convert -O qcow2";
        }

        if (header.CompressionType > 1 || ((bits & CompressionType) != 0) != (header.CompressionType != 0))
        {
            return "names a compression method other than zlib and zstd, or contradicts itself about it";
        }

        return header.Snapshots != 0 ? "holds internal snapshots. Flatten it with: qemu-img convert -O qcow2" : null;
    }

    private static string? FaultOfGeometry(Qcow2Header header, long? fileLength)
    {
        if (header.ClusterBits is < 9 or > 21)
        {
            return $"has clusters of 2^{header.ClusterBits} bytes; 2^9 to 2^21 are valid";
        }

        var cluster = 1ul << (int)header.ClusterBits;
        if (header.Version == 3 && (header.HeaderLength < Qcow2Header.Version3Length || header.HeaderLength % 8 != 0 || header.HeaderLength > cluster))
        {
            return $"has a header of {header.HeaderLength} bytes, which is not valid";
        }

        if (header.RefcountOrder > 6)
        {
            return $"counts references in 2^{header.RefcountOrder} bits; up to 2^6 are valid";
        }

        // An entry of the level-1 table stands for one level-2 table: a cluster of 8-byte entries, each for a cluster of data.
        var bytesAnEntry = UInt128.One * cluster * (cluster / 8);
        var needed = ((UInt128)header.VirtualSize + bytesAnEntry - 1) / bytesAnEntry;
        if (header.L1Entries < needed || header.L1Entries * 8ul > LargestL1Bytes)
        {
            return $"has a level-1 table of {header.L1Entries} entries, which does not fit its size";
        }

        var tableBytes = header.RefcountTableClusters * (UInt128)cluster;
        if (tableBytes == 0 || tableBytes > LargestRefcountTableBytes)
        {
            return "has a reference count table of a size that is not valid";
        }

        return IsOutside(header.L1Offset, header.L1Entries * 8ul, cluster, fileLength) || IsOutside(header.RefcountTableOffset, (ulong)tableBytes, cluster, fileLength)
            ? "points at tables outside the file. It is incomplete or damaged: download it again from its publisher"
            : null;
    }

    // QEMU keeps a table within the file's clusters but may leave the last one short, so a table may end past the last byte by less than a cluster.
    private static bool IsOutside(ulong offset, ulong length, ulong cluster, long? fileLength) =>
        offset == 0 || offset % cluster != 0 || offset > long.MaxValue / 2
        || (fileLength is { } end && (length > 0 ? offset + length > (ulong)end + cluster || offset >= (ulong)end : offset > (ulong)end + cluster));

    private static string? FaultOfExtensions(Qcow2Header header, ReadOnlySpan<byte> head)
    {
        var area = head[..(int)Math.Min((ulong)head.Length, 1ul << (int)header.ClusterBits)];
        var at = (ulong)header.HeaderLength;
        while (true)
        {
            // A version 2 file may end right behind its 72 bytes of header only when it is cut; QEMU itself always pads the first cluster.
            if (at + 8 > (ulong)area.Length)
            {
                return "has header extensions without an end";
            }

            var type = BinaryPrimitives.ReadUInt32BigEndian(area[(int)at..]);
            var length = BinaryPrimitives.ReadUInt32BigEndian(area[(int)(at + 4)..]);
            switch (type)
            {
                case EndOfExtensions:
                    return null;
                case FeatureNames:
                    break;
                case BackingFormat:
                    return "declares the format of a backing file. Flatten it with: qemu-img convert -O qcow2";
                case DataFileName:
                    return "names an external data file. Flatten it with: qemu-img convert -O qcow2";
                case Encryption:
                    return "is encrypted. Decrypt it with qemu-img convert";
                case Bitmaps:
                    return "holds bitmaps. Remove them with: qemu-img convert -O qcow2";
                default:
                    return $"has a header extension that is not known here (0x{type:x8}). Convert it with: qemu-img convert -O qcow2";
            }

            at += 8 + (((ulong)length + 7) & ~7ul);
        }
    }
}
