namespace DeCloud.NodeAgent.Core.Images;

/// <summary>
/// The forms that are not accepted, known by their first or last bytes. A raw image must look like none of them: what calls itself raw here and something else to a
/// program that probes is how a stranger's file gets a host's file read (CVE-2024-32498, CVE-2024-40767).
/// </summary>
internal static class ForeignForm
{
    private const string Convert = "Convert it with: qemu-img convert -O qcow2";
    private const string Unpack = "Compressed images are not accepted: unpack it and publish the image itself";

    private static readonly (int Offset, byte[] Bytes, string Name, string Remedy)[] Known =
    [
        (0, [0x51, 0x46, 0x49, 0xfb], "a qcow image of a version other than 2 and 3", Convert),
        (0, "KDMV"u8.ToArray(), "a VMDK image", Convert),
        (0, "COWD"u8.ToArray(), "a VMDK image", Convert),
        (0, [0xbe, 0xba, 0xfe, 0xca, 0, 0, 0, 0], "a VMDK image", Convert),
        (64, [0x7f, 0x10, 0xda, 0xbe], "a VDI image", Convert),
        (0, "conectix"u8.ToArray(), "a VHD image", Convert),
        (0, "cxsparse"u8.ToArray(), "a VHD image", Convert),
        (0, "vhdxfile"u8.ToArray(), "a VHDX image", Convert),
        (0, "QED\0"u8.ToArray(), "a QED image", Convert),
        (0, [0x4c, 0x55, 0x4b, 0x53, 0xba, 0xbe], "a LUKS volume", "Decrypt it first"),
        (0, "WithoutFreeSpace"u8.ToArray(), "a Parallels image", Convert),
        (0, "WithouFreSpacExt"u8.ToArray(), "a Parallels image", Convert),
        (0, "Bochs Virtual HD Image"u8.ToArray(), "a Bochs image", Convert),
        (0, "#!/bin/sh\n#V2.0 Format"u8.ToArray(), "a cloop image", Convert),
        (0, "koly"u8.ToArray(), "a DMG image", Convert),
        (0, "encrcdsa"u8.ToArray(), "an encrypted DMG image", Convert),
        (0, [0x1f, 0x8b], "a gzip file", Unpack),
        (0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], "an xz file", Unpack),
        (0, [0x28, 0xb5, 0x2f, 0xfd], "a zstd file", Unpack),
        (0, "BZh"u8.ToArray(), "a bzip2 file", Unpack),
        (0, [0x04, 0x22, 0x4d, 0x18], "an lz4 file", Unpack),
        (0, [0x50, 0x4b, 0x03, 0x04], "a zip file", Unpack),
        (0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], "a 7z file", Unpack),
        (257, "ustar"u8.ToArray(), "a tar archive", "Publish the image inside it"),
    ];

    /// <summary>Names the foreign form.</summary>
    /// <param name="head">The first bytes.</param>
    /// <param name="tail">The last 512 bytes, or none when they are not known yet.</param>
    /// <returns>The name with its article and the remedy; null when the bytes look like no known form.</returns>
    public static (string Name, string Remedy)? Of(ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        foreach (var (offset, bytes, name, remedy) in Known)
        {
            if (head.Length >= offset + bytes.Length && head.Slice(offset, bytes.Length).SequenceEqual(bytes))
            {
                return (name, remedy);
            }
        }

        if (IsVmdkDescriptor(head))
        {
            return ("a VMDK descriptor", Convert);
        }

        if (IsWebPage(head))
        {
            return ("a web page", "Give the address of the image file itself");
        }

        if (tail.Length < 512)
        {
            return null;
        }

        var trailer = tail[^512..];
        return trailer.StartsWith("koly"u8) ? ("a DMG image", Convert) : trailer.StartsWith("conectix"u8) ? ("a VHD image", Convert) : null;
    }

    // QEMU takes any text for a VMDK whose first line that is neither a comment nor blank is "version=1" to "version=3"; the usual comment is looked for as well.
    private static bool IsVmdkDescriptor(ReadOnlySpan<byte> head)
    {
        var text = head[..Math.Min(head.Length, 4096)];
        var start = text.TrimStart(" \t\r\n"u8);
        if (start.Length > 0 && start[0] == (byte)'#' && Contains(start, "disk descriptorfile"u8))
        {
            return true;
        }

        while (start.Length > 0 && start[0] == (byte)'#')
        {
            var end = start.IndexOf((byte)'\n');
            start = end < 0 ? [] : start[end..].TrimStart(" \t\r\n"u8);
        }

        return StartsWith(start, "version="u8);
    }

    private static bool IsWebPage(ReadOnlySpan<byte> head)
    {
        var start = head[..Math.Min(head.Length, 1024)].TrimStart(" \t\r\n"u8);
        return StartsWith(start, "<!doctype html"u8) || StartsWith(start, "<html"u8);
    }

    private static bool Contains(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase)
    {
        for (var i = 0; i + lowerCase.Length <= text.Length; i++)
        {
            if (StartsWith(text[i..], lowerCase))
            {
                return true;
            }
        }

        return false;
    }

    private static bool StartsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lowerCase) =>
        text.Length >= lowerCase.Length && System.Text.Ascii.EqualsIgnoreCase(text[..lowerCase.Length], lowerCase);
}
