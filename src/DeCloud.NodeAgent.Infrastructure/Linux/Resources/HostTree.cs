using System.Globalization;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>
/// The kernel's files below a root, which is <c>/</c> except where a recorded machine is read. What is missing or can't be read is null or empty: on one machine or another every one of
/// these files is.
/// </summary>
/// <param name="root">The folder that stands for <c>/</c>.</param>
internal sealed class HostTree(string root = "/")
{
    private const int LongestFile = 1 << 20;

    /// <summary>The real path of a path of the machine.</summary>
    public string PathOf(string path) => Path.Join(root, path);

    /// <summary>A file's text without the white space and zeros around it; null as well when nothing is left.</summary>
    public string? Text(string path)
    {
        try
        {
            using var file = new FileStream(PathOf(path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

            // Files of the kernel have no length to go by.
            using var content = new MemoryStream();
            var buffer = new byte[4096];
            int read;
            while (content.Length < LongestFile && (read = file.Read(buffer)) > 0)
            {
                content.Write(buffer, 0, read);
            }

            var text = Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length).Trim().Trim('\0');
            return text.Length == 0 ? null : text;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>A file's lines.</summary>
    public IReadOnlyList<string> Lines(string path) => Text(path)?.Split('\n') ?? [];

    /// <summary>A file that holds one whole decimal number.</summary>
    public long? Number(string path) => long.TryParse(Text(path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A file that holds 1 or Y for yes, 0 or N for no.</summary>
    public bool? Flag(string path) => Text(path) switch
    {
        "1" or "Y" or "y" => true,
        "0" or "N" or "n" => false,
        _ => null,
    };

    /// <summary>The names in a folder, in the order of their bytes.</summary>
    public IReadOnlyList<string> Names(string folder)
    {
        try
        {
            var names = Directory.GetFileSystemEntries(PathOf(folder)).Select(path => Path.GetFileName(path)).ToArray();
            Array.Sort(names, StringComparer.Ordinal);
            return names;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Whether something is there.</summary>
    public bool Has(string path) => Path.Exists(PathOf(path)) || LinkTarget(path) is not null;

    /// <summary>Where a symbolic link points, as it is written.</summary>
    public string? LinkTarget(string path)
    {
        try
        {
            return new FileInfo(PathOf(path)).LinkTarget;
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The last name of where a symbolic link points: how the kernel says which driver or group a device has.</summary>
    public string? LinkName(string path) => LinkTarget(path) is { } target ? Path.GetFileName(target.TrimEnd('/')) : null;
}
