using System.Runtime.Versioning;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Vms;

/// <summary>One VM's folder as a whole.</summary>
[SupportedOSPlatform("linux")]
internal static class VmFolder
{
    /// <summary>Whether the folder holds nothing but a file of this name and what was being written to become it.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="name">The file.</param>
    public static bool HoldsNothingBut(string path, string name) =>
        Posix.Look(path) is { Kind: FileKind.Folder } && Directory.EnumerateFileSystemEntries(path).All(entry => IsFileOf(entry, name));

    /// <summary>Removes the folder and what is in it. Of a link the link itself goes, and never what it leads to.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="cancellation">Stops between two entries.</param>
    /// <returns>False when nothing was there.</returns>
    public static bool TryRemove(string path, CancellationToken cancellation)
    {
        switch (Posix.Look(path)?.Kind)
        {
            case null:
                return false;
            case FileKind.Folder:
                foreach (var entry in Directory.EnumerateFileSystemEntries(path))
                {
                    cancellation.ThrowIfCancellationRequested();
                    TryRemove(entry, cancellation);
                }

                Directory.Delete(path);
                return true;
            default:
                File.Delete(path);
                return true;
        }
    }

    private static bool IsFileOf(string path, string name)
    {
        var entry = Path.GetFileName(path);
        return Posix.Look(path) is { Kind: FileKind.File }
            && (entry == name || (entry.StartsWith(name + ".", StringComparison.Ordinal) && entry.EndsWith(OwnFolder.TemporaryEnding, StringComparison.Ordinal)));
    }
}
