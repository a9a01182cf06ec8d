using System.Runtime.Versioning;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>Whether files of a folder can bypass the page cache (O_DIRECT, open(2)); tmpfs and some network file systems refuse.</summary>
[SupportedOSPlatform("linux")]
public static class DirectIo
{
    /// <summary>Tries it with a file of its own, which is gone afterwards.</summary>
    /// <param name="folder">An existing folder.</param>
    public static bool IsSupported(string folder)
    {
        var path = Path.Join(folder, $".direct-io-{Guid.NewGuid():N}");
        try
        {
            using (Posix.CreateNew(path, Convert.ToInt32("600", 8)))
            {
                using var direct = Posix.TryOpenDirect(path);
                return direct is not null;
            }
        }
        catch (IOException)
        {
            return false;
        }
        finally
        {
            File.Delete(path);
        }
    }
}
