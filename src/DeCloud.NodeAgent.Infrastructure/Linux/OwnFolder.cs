using System.Globalization;
using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.Win32.SafeHandles;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>
/// Folders and files of the agent: made by it, writable by nobody else, never reached through a link. What was planted in their place is an error, and stays untouched.
/// </summary>
[SupportedOSPlatform("linux")]
internal static class OwnFolder
{
    /// <summary>Other users may pass but not look: QEMU runs as its own user and is given full paths.</summary>
    public const int PassThrough = 0b001_001_001 | 0b111_000_000;

    /// <summary>Ends the names of files that are being written.</summary>
    public const string TemporaryEnding = ".tmp";

    private const int GroupOrOthersWrite = 0b000_010_010;

    /// <summary>Makes the folder, or makes sure that what is there is a folder of the agent that nobody else can write to.</summary>
    /// <param name="path">The absolute path; its parent exists.</param>
    /// <exception cref="FailureException">Something else is there.</exception>
    public static void Ensure(string path)
    {
        Posix.TryMakeFolder(path, PassThrough);
        if (Posix.Look(path) is not { Kind: FileKind.Folder } folder || folder.Owner != Posix.EffectiveUser || (folder.Mode & GroupOrOthersWrite) != 0)
        {
            throw Foreign(path, "a folder of the agent that only the agent can write to");
        }
    }

    /// <summary>Makes the folder that an operator named, with its parents. It may be a link and may have any mode but one that lets everybody write.</summary>
    /// <param name="path">The absolute path.</param>
    /// <returns>The path without links.</returns>
    public static string EnsureRoot(string path)
    {
        MakeWithParents(path);
        var real = new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        return Posix.Look(real) is { Kind: FileKind.Folder } folder && (folder.Mode & 0b010) == 0
            ? real
            : throw Foreign(path, "a folder that not everybody can write to");
    }

    /// <summary>Whether a plain file with one name is at the path.</summary>
    /// <param name="path">The absolute path.</param>
    /// <returns>False when nothing is there.</returns>
    /// <exception cref="FailureException">Something else is there.</exception>
    public static bool HasFile(string path) =>
        Posix.Look(path) is { } facts && (facts.IsLoneFile ? true : throw Foreign(path, "a plain file with a single name"));

    /// <summary>Writes a file so that it is there whole or not at all, durable when the method returns.</summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="content">Its content.</param>
    /// <param name="mode">The permission bits.</param>
    /// <param name="cancellation">Stops before the file is in place.</param>
    public static async Task WriteAsync(string path, ReadOnlyMemory<byte> content, int mode, CancellationToken cancellation)
    {
        var temporary = TemporaryFor(path);
        try
        {
            using (var file = Posix.CreateNew(temporary, mode))
            {
                await RandomAccess.WriteAsync(file, content, 0, cancellation);
                Posix.SetMode(file, mode);
                RandomAccess.FlushToDisk(file);
            }

            Publish(temporary, path);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Gives a finished file its name, durable when the method returns.</summary>
    /// <param name="temporary">Where it is.</param>
    /// <param name="path">Where it shall be.</param>
    /// <exception cref="FailureException">Something that is no plain file has that name.</exception>
    public static void Publish(string temporary, string path)
    {
        HasFile(path);
        Posix.Rename(temporary, path);
        Posix.FlushFolder(Path.GetDirectoryName(path)!);
    }

    /// <summary>A name beside the path that nobody can foresee.</summary>
    /// <param name="path">The absolute path.</param>
    public static string TemporaryFor(string path) => string.Create(CultureInfo.InvariantCulture, $"{path}.{Guid.NewGuid():N}{TemporaryEnding}");

    /// <summary>Removes what a kill left of earlier tries to write a file. Nobody may be writing it.</summary>
    /// <param name="path">The absolute path of the file.</param>
    public static void RemoveTemporariesOf(string path)
    {
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*" + TemporaryEnding))
        {
            File.Delete(left);
        }
    }

    /// <summary>Opens a plain file with one name for reading, never through a link.</summary>
    /// <param name="path">The absolute path.</param>
    /// <exception cref="FailureException">Something else is there.</exception>
    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    public static SafeFileHandle OpenFile(string path)
    {
        HasFile(path);
        var file = Posix.OpenForReading(path);
        if (Posix.Look(file).IsLoneFile)
        {
            return file;
        }

        file.Dispose();
        throw Foreign(path, "a plain file with a single name");
    }

    /// <summary>Reads up to the buffer's length from an offset.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="offset">The offset of the first.</param>
    /// <returns>How many were read; fewer than the buffer holds at the file's end only.</returns>
    public static int Read(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var read = RandomAccess.Read(file, buffer[done..], offset + done);
            if (read == 0)
            {
                break;
            }

            done += read;
        }

        return done;
    }

    /// <summary>The failure for what is in the way. Nothing is removed: it may be somebody's.</summary>
    /// <param name="path">Where.</param>
    /// <param name="expected">What should be there.</param>
    public static FailureException Foreign(string path, string expected) => FailureException.Permanent(
        FailureCodes.HostError, $"At {path} there is something other than {expected}. Look at what it is and who put it there, then remove it.");

    private static void MakeWithParents(string path)
    {
        if (Directory.Exists(path) || Path.GetDirectoryName(path) is not { } parent)
        {
            return;
        }

        MakeWithParents(parent);
        if (Posix.TryMakeFolder(path, PassThrough))
        {
            Posix.FlushFolder(parent);
        }
    }
}
