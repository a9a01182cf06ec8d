using System.Runtime.Versioning;

namespace DeCloud.NodeAgent.Infrastructure.Windows;

/// <summary>
/// A folder that nobody but the system, its administrators and the agent's user gets at. What lies directly under %ProgramData% is otherwise open to all users of the machine: they may
/// read it and plant files in it.
/// </summary>
[SupportedOSPlatform("windows")]
internal static class PrivateFolder
{
    /// <summary>Makes the folder private from its first moment, or makes sure that the one which is there is.</summary>
    /// <param name="path">Its absolute path; folders above it are made as Windows makes them.</param>
    /// <exception cref="IOException">It can't be made, or others get at it.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not make it.</exception>
    public static void Ensure(string path)
    {
        var folder = new DirectoryInfo(path);
        if (!folder.Exists)
        {
            folder.Parent?.Create();
            folder.Create(FileAccessOfOthers.Private());
        }

        // Somebody else may have been quicker to make it.
        if (FileAccessOfOthers.Of(folder.GetAccessControl()) is { Count: > 0 } others)
        {
            throw new IOException(
                $"{string.Join(", ", others)} can get at it. Look at what is in it, then close it: icacls \"{path}\" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F /setowner *S-1-5-32-544");
        }
    }
}
