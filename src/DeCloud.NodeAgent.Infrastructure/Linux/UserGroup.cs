using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>The groups of users that the host knows, wherever it knows them from.</summary>
[SupportedOSPlatform("linux")]
internal static partial class UserGroup
{
    private const int OutOfRange = 34;
    private const int MostBytes = 1 << 20;

    // struct group of grp.h on 64-bit Linux: name, password, number, members.
    private const int NumberOffset = 16, StructBytes = 32;

    /// <summary>The number of a group.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Null where there is no such group.</returns>
    public static uint? Find(string name)
    {
        for (var bytes = 1 << 10; bytes <= MostBytes; bytes *= 4)
        {
            var group = Marshal.AllocHGlobal(StructBytes + bytes);
            try
            {
                var outcome = GetByName(name, group, group + StructBytes, bytes, out var found);
                if (outcome != OutOfRange)
                {
                    return outcome == 0 && found != 0 ? (uint)Marshal.ReadInt32(group, NumberOffset) : null;
                }
            }
            finally
            {
                Marshal.FreeHGlobal(group);
            }
        }

        return null;
    }

    /// <summary>Gives a file to a group; a link is given itself.</summary>
    /// <param name="path">The file.</param>
    /// <param name="group">The group's number.</param>
    /// <returns>False when this process may not.</returns>
    public static bool TryGive(string path, uint group) => ChangeOwner(path, uint.MaxValue, group) == 0;

    [LibraryImport("libc", EntryPoint = "getgrnam_r", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetByName(string name, nint group, nint buffer, nint bytes, out nint found);

    // uid_t -1 leaves the owner as it is (chown(2)).
    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
