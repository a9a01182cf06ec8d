namespace DeCloud.NodeAgent.Core.Images;

/// <summary>The forms in which an image is accepted.</summary>
public enum ImageFormat
{
    /// <summary>QEMU's copy-on-write format, version 2 or 3, complete in one file.</summary>
    Qcow2,

    /// <summary>The bytes of a disk and nothing else.</summary>
    Raw,
}

/// <summary>The words for <see cref="ImageFormat"/>, the same for qemu-img, the API and the files.</summary>
public static class ImageFormatText
{
    /// <summary><c>qcow2</c> or <c>raw</c>.</summary>
    /// <param name="format">The format.</param>
    public static string ToText(this ImageFormat format) => format == ImageFormat.Qcow2 ? "qcow2" : "raw";
}

/// <summary>What an accepted image is.</summary>
/// <param name="Format">Its form.</param>
/// <param name="VirtualSizeBytes">Size of the disk it describes, positive.</param>
public readonly record struct ImageFacts(ImageFormat Format, long VirtualSizeBytes);
