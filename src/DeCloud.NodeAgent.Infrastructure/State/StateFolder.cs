using System.Diagnostics.CodeAnalysis;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Windows;

namespace DeCloud.NodeAgent.Infrastructure.State;

/// <summary>
/// The folder of everything that must survive a restart, taken for this process alone: two agents on one journal would each undo what the other does. The lock goes with the process,
/// however it ends.
/// </summary>
public sealed class StateFolder : IDisposable
{
    private readonly FileStream _lock;

    private StateFolder(FileStream @lock) => _lock = @lock;

    /// <summary>Makes the folder when it is not there, and takes it. On Linux others may pass through it to files they know, as QEMU's user must; on Windows nobody else gets at it.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="folder">The folder, to be kept until the process ends.</param>
    /// <param name="problem">Why it could not be taken, with the remedy.</param>
    public static bool TryTake(string path, [NotNullWhen(true)] out StateFolder? folder, [NotNullWhen(false)] out string? problem)
    {
        folder = null;
        try
        {
            Ensure(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            var who = OperatingSystem.IsWindows() ? "an administrator" : "root";
            problem = $"the state folder {path} can't be made or used: {refused.Message}. Run as {who}, or set StatePath to a folder that this user may write.";
            return false;
        }

        try
        {
            folder = new(new(Path.Join(path, "agent.lock"), Lock()));
            problem = null;
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            problem = $"the state folder {path} can't be taken: {refused.Message}. Stop the other agent that uses it, or set StatePath to another folder.";
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();

    private static void Ensure(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            PrivateFolder.Ensure(path);
        }
        else if (OperatingSystem.IsLinux())
        {
            PassableFolder.Ensure(path);
        }
        else
        {
            throw new PlatformNotSupportedException("The agent runs on Linux and Windows only.");
        }
    }

    private static FileStreamOptions Lock()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return options;
    }
}
