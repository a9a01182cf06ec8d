using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>What the file functions of .NET do not offer: opening without following links, looking at an open file, and making a directory's entries durable.</summary>
[SupportedOSPlatform("linux")]
internal static partial class Posix
{
    private const int OReadWrite = 2, OCreate = 0x40, OExclusive = 0x80, ONonBlocking = 0x800, OCloseOnExec = 0x80000;
    private const int AtCurrentFolder = -100, AtNoFollow = 0x100, AtEmptyPath = 0x1000;
    private const uint StatxBasic = 0x7ff;
    private const int LockExclusive = 2, LockNonBlocking = 4;
    private const int KeepSize = 1;
    private const int NotThere = 2, AlreadyThere = 17, WouldBlock = 11, NoSpace = 28, NotSupported = 95;

    // The two flags whose value differs between architectures (asm/fcntl.h).
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;
    private static readonly int ODirectory = IsArm ? 0x4000 : 0x10000;
    private static readonly int ODirect = IsArm ? 0x10000 : 0x4000;
    private static readonly int ONoFollow = IsArm ? 0x8000 : 0x20000;

    /// <summary>The user that this process acts as.</summary>
    public static uint EffectiveUser => GetEffectiveUser();

    /// <summary>Opens an existing file for reading; a link in the last place is an error, and a pipe does not block.</summary>
    /// <param name="path">The absolute path.</param>
    /// <exception cref="IOException">It is not there, a link, or may not be read.</exception>
    public static SafeFileHandle OpenForReading(string path) => OpenOrThrow(path, ONoFollow | ONonBlocking | OCloseOnExec, 0);

    /// <summary>Opens a file of ours past the page cache.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null when its file system does not do that.</returns>
    public static SafeFileHandle? TryOpenDirect(string path)
    {
        var fd = Open(path, OReadWrite | ODirect | ONoFollow | OCloseOnExec, 0);
        return fd < 0 ? null : new SafeFileHandle(fd, ownsHandle: true);
    }

    /// <summary>Opens an existing file for reading and writing; a link in the last place is an error.</summary>
    /// <param name="path">The absolute path.</param>
    /// <exception cref="IOException">It is not there, a link, or may not be opened.</exception>
    public static SafeFileHandle OpenForWriting(string path) => OpenOrThrow(path, OReadWrite | ONoFollow | ONonBlocking | OCloseOnExec, 0);

    /// <summary>Creates a file that was not there; a link in the last place is an error, even one that leads nowhere.</summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="mode">The permission bits.</param>
    /// <exception cref="IOException">Something is there, or it may not be created.</exception>
    public static SafeFileHandle CreateNew(string path, int mode) => OpenOrThrow(path, OReadWrite | OCreate | OExclusive | ONoFollow | OCloseOnExec, mode);

    /// <summary>Makes a folder, unless something is there.</summary>
    /// <param name="path">The absolute path.</param>
    /// <param name="mode">The permission bits, whatever the process's umask.</param>
    /// <returns>True when it was made.</returns>
    /// <exception cref="IOException">It can't be made.</exception>
    public static bool TryMakeFolder(string path, int mode)
    {
        if (MakeFolder(path, mode) == 0)
        {
            using var folder = OpenOrThrow(path, ODirectory | ONoFollow | OCloseOnExec, 0);
            SetMode(folder, mode);
            return true;
        }

        return Marshal.GetLastPInvokeError() == AlreadyThere ? false : throw Error($"make the folder {path}");
    }

    /// <summary>Looks at a path without following a link in the last place.</summary>
    /// <param name="path">The absolute path.</param>
    /// <returns>What is there; null when nothing is.</returns>
    /// <exception cref="IOException">It can't be looked at.</exception>
    public static FileFacts? Look(string path)
    {
        if (Statx(AtCurrentFolder, path, AtNoFollow, StatxBasic, out var facts) == 0)
        {
            return facts.Facts;
        }

        return Marshal.GetLastPInvokeError() == NotThere ? null : throw Error($"look at {path}");
    }

    /// <summary>Looks at an open file.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="IOException">It can't be looked at.</exception>
    public static FileFacts Look(SafeFileHandle file) =>
        Using(file, fd => Statx(fd, string.Empty, AtEmptyPath, StatxBasic, out var facts) == 0 ? facts.Facts : throw Error("look at an open file"));

    /// <summary>Sets the permission bits of an open file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="mode">The bits.</param>
    /// <exception cref="IOException">They can't be set.</exception>
    public static void SetMode(SafeFileHandle file, int mode) => Using(file, fd => ChangeMode(fd, mode) == 0 ? 0 : throw Error("set the mode of a file"));

    /// <summary>Takes the whole-file lock of an open file.</summary>
    /// <param name="file">The file.</param>
    /// <returns>False when another holds it.</returns>
    /// <exception cref="IOException">It can't be locked.</exception>
    public static bool TryLock(SafeFileHandle file) =>
        Using(file, fd => Lock(fd, LockExclusive | LockNonBlocking) == 0 ? true : Marshal.GetLastPInvokeError() == WouldBlock ? false : throw Error("lock a file"));

    /// <summary>Sets space aside for a file without changing its length. A file system that cannot do it is left as it is.</summary>
    /// <param name="file">The file.</param>
    /// <param name="bytes">The length it will reach.</param>
    /// <exception cref="IOException">There is no space; see <see cref="IsNoSpace"/>.</exception>
    public static void Reserve(SafeFileHandle file, long bytes) =>
        Using(file, fd => Allocate(fd, KeepSize, 0, bytes) == 0 || Marshal.GetLastPInvokeError() == NotSupported ? 0 : throw Error("set space aside"));

    /// <summary>Renames within one file system, replacing a file that has the new name. A link there is replaced, not followed.</summary>
    /// <param name="from">The old absolute path.</param>
    /// <param name="to">The new absolute path.</param>
    /// <exception cref="IOException">It can't be renamed; a folder has the new name, as a rule.</exception>
    public static void Rename(string from, string to)
    {
        if (RenamePath(from, to) != 0)
        {
            throw Error($"rename {from} to {to}");
        }
    }

    /// <summary>Makes the names in a folder durable.</summary>
    /// <param name="path">The absolute path.</param>
    /// <exception cref="IOException">It can't be opened or written out.</exception>
    public static void FlushFolder(string path)
    {
        using var folder = OpenOrThrow(path, ODirectory | OCloseOnExec, 0);
        Using(folder, fd => Flush(fd) == 0 ? 0 : throw Error($"write out the folder {path}"));
    }

    /// <summary>Whether an error says that the file system is full.</summary>
    /// <param name="error">The error.</param>
    public static bool IsNoSpace(IOException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return error.HResult == NoSpace || (error.InnerException is Win32Exception { NativeErrorCode: NoSpace });
    }

    private static SafeFileHandle OpenOrThrow(string path, int flags, int mode)
    {
        var fd = Open(path, flags, mode);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Error($"open {path}");
    }

    private static T Using<T>(SafeFileHandle file, Func<int, T> call)
    {
        var isHeld = false;
        try
        {
            file.DangerousAddRef(ref isHeld);
            return call((int)file.DangerousGetHandle());
        }
        finally
        {
            if (isHeld)
            {
                file.DangerousRelease();
            }
        }
    }

    private static IOException Error(string what)
    {
        var cause = new Win32Exception(Marshal.GetLastPInvokeError());
        var error = cause.NativeErrorCode == NotThere
            ? new FileNotFoundException($"Could not {what}: {cause.Message}.", cause)
            : new IOException($"Could not {what}: {cause.Message}.", cause);
        return error;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFolder(string path, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out RawStatx facts);

    [LibraryImport("libc", EntryPoint = "fchmod", SetLastError = true)]
    private static partial int ChangeMode(int fd, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(int fd, int mode, long offset, long bytes);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenamePath(string from, string to);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int fd);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    // struct statx of linux/stat.h: the same on every architecture, 256 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct RawStatx
    {
        [FieldOffset(16)]
        private readonly uint _links;

        [FieldOffset(20)]
        private readonly uint _owner;

        [FieldOffset(28)]
        private readonly ushort _mode;

        [FieldOffset(40)]
        private readonly ulong _size;

        [FieldOffset(48)]
        private readonly ulong _blocks;

        public readonly FileFacts Facts => new((FileKind)(_mode & 0xf000), _mode & 0xfff, _links, _owner, (long)_size, (long)_blocks * 512);
    }
}

/// <summary>The kinds of file that matter here; the numbers are those of <c>S_IFMT</c>.</summary>
internal enum FileKind
{
    /// <summary>A folder.</summary>
    Folder = 0x4000,

    /// <summary>A plain file.</summary>
    File = 0x8000,

    /// <summary>A symbolic link.</summary>
    Link = 0xa000,

    /// <summary>A Unix socket.</summary>
    Socket = 0xc000,
}

/// <summary>What is at a path.</summary>
/// <param name="Kind">Its kind; other numbers are pipes and devices.</param>
/// <param name="Mode">Its permission bits.</param>
/// <param name="Links">How many names it has.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="AllocatedBytes">Bytes it occupies.</param>
internal readonly record struct FileFacts(FileKind Kind, int Mode, uint Links, uint Owner, long Length, long AllocatedBytes)
{
    /// <summary>Whether it is a plain file with this one name, so that writing to it writes to nothing else.</summary>
    public bool IsLoneFile => Kind == FileKind.File && Links == 1;
}
