using System.Diagnostics.CodeAnalysis;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>
/// The folder of everything that must survive a restart, taken for this process alone: two agents on one journal would each undo what the other does. The lock goes with the process,
/// however it ends.
/// </summary>
public sealed class StateFolder : IDisposable
{
    // Others may pass through to files they know and may open, as QEMU's user must; they can't list.
    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly FileStream _lock;

    private StateFolder(FileStream @lock) => _lock = @lock;

    /// <summary>Makes the folder when it is not there, and takes it.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="folder">The folder, to be kept until the process ends.</param>
    /// <param name="problem">Why it could not be taken, with the remedy.</param>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Windows hosts no VMs and takes no state folder.")]
    public static bool TryTake(string path, [NotNullWhen(true)] out StateFolder? folder, [NotNullWhen(false)] out string? problem)
    {
        folder = null;
        try
        {
            MakePassable(path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            problem = $"the state folder {path} can't be made: {refused.Message}. Run as root, or set StatePath to a folder that this user may write.";
            return false;
        }

        try
        {
            folder = new(new(Path.Join(path, "agent.lock"), new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }));
            problem = null;
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            problem = $"the state folder {path} can't be taken: {refused.Message}. Stop the other agent that uses it, or set StatePath to another folder.";
            return false;
        }
    }

    /// <summary>Makes a folder, and those above it, that others may pass through and not list.</summary>
    /// <param name="path">Its absolute path; a folder that is there is left as it is.</param>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Windows hosts no VMs and takes no state folder.")]
    public static void MakePassable(string path) => Directory.CreateDirectory(path, Passable);

    /// <inheritdoc/>
    public void Dispose() => _lock.Dispose();
}
