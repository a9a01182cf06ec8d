using System.Runtime.Versioning;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>A folder whose files others may open when they know them, as QEMU's user must, without being able to list it.</summary>
[SupportedOSPlatform("linux")]
public static class PassableFolder
{
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Makes the folder and those above it.</summary>
    /// <param name="path">Its absolute path; a folder that is there is left as it is.</param>
    /// <exception cref="IOException">It can't be made.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not make it.</exception>
    public static void Ensure(string path) => Directory.CreateDirectory(path, Passable);
}
