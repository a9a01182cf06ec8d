using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Qemu;

/// <summary>What the header of a qcow2 file of ours says.</summary>
/// <param name="VirtualSizeBytes">The size of the disk.</param>
/// <param name="BackingFile">The name of its backing file; null when it has none.</param>
[SupportedOSPlatform("linux")]
internal sealed record Qcow2File(long VirtualSizeBytes, string? BackingFile)
{
    /// <summary>Reads the header, without any other program and without a link being followed.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null when nothing is there, or nothing that begins like a qcow2.</returns>
    /// <exception cref="Core.Node.FailureException">Something that is no plain file is there.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static Qcow2File? Read(string path)
    {
        if (!OwnFolder.HasFile(path))
        {
            return null;
        }

        var head = new byte[ImageHeader.HeadBytes];
        int length;
        try
        {
            using var file = OwnFolder.OpenFile(path);
            length = OwnFolder.Read(file, head, 0);
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        return Qcow2Header.TryRead(head.AsSpan(0, length), out var header) && header.VirtualSize <= long.MaxValue
            ? new((long)header.VirtualSize, header.BackingFile(head.AsSpan(0, length)))
            : null;
    }
}
