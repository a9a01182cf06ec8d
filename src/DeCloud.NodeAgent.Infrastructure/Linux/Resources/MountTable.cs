using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>A line of /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
/// <param name="Device">The file system's device number, <c>major:minor</c>.</param>
/// <param name="Root">Which folder of the file system is mounted.</param>
/// <param name="MountPoint">Where.</param>
/// <param name="Type">The file system's type.</param>
/// <param name="Source">What is mounted.</param>
/// <param name="IsReadOnly">Whether it can't be written here.</param>
internal sealed record Mount(string Device, string Root, string MountPoint, string Type, string Source, bool IsReadOnly);

/// <summary>What is mounted where.</summary>
internal sealed class MountTable
{
    private readonly List<Mount> _mounts;

    /// <summary>Reads it.</summary>
    public MountTable(HostTree tree) => _mounts = [.. tree.Lines("/proc/self/mountinfo").Select(Parse).OfType<Mount>()];

    /// <summary>Every mount, in the order in which they were made.</summary>
    public IReadOnlyList<Mount> All => _mounts;

    /// <summary>The mount that an absolute path without symbolic links lies on. Of two at the same place the later hides the earlier.</summary>
    public Mount? Of(string path) => _mounts
        .Where(m => m.MountPoint == "/" || path == m.MountPoint || path.StartsWith(m.MountPoint + "/", StringComparison.Ordinal))
        .Aggregate((Mount?)null, (best, m) => best is null || m.MountPoint.Length >= best.MountPoint.Length ? m : best);

    // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
    private static Mount? Parse(string line)
    {
        var words = line.Split(' ');
        var dash = Array.IndexOf(words, "-", Math.Min(6, words.Length));
        if (dash < 0 || words.Length < dash + 3)
        {
            return null;
        }

        var superOptions = words.Length > dash + 3 ? words[dash + 3] : "";
        return new(words[2], Unescape(words[3]), Unescape(words[4]), words[dash + 1], Unescape(words[dash + 2]), IsReadOnly(words[5]) || IsReadOnly(superOptions));
    }

    private static bool IsReadOnly(string options) => options == "ro" || options.StartsWith("ro,", StringComparison.Ordinal);

    // White space and backslashes are written as a backslash and three octal digits.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var bytes = new List<byte>(text.Length);
        var raw = Encoding.UTF8.GetBytes(text);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '\\' && i + 3 < raw.Length && raw[(i + 1)..(i + 4)].All(b => b is >= (byte)'0' and <= (byte)'7'))
            {
                bytes.Add((byte)(((raw[i + 1] - '0') << 6) | ((raw[i + 2] - '0') << 3) | (raw[i + 3] - '0')));
                i += 3;
            }
            else
            {
                bytes.Add(raw[i]);
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }
}
