using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>Finds what interrupted imports left. Only files with names of our own making are removed; everything else is left alone.</summary>
[SupportedOSPlatform("linux")]
internal static class Leftovers
{
    private const string SidecarEnding = ".json";
    private const string PartEnding = ".part";

    /// <summary>Removes unfinished conversions and descriptions of images that are not there. No publication may be going on.</summary>
    /// <param name="folder">The folder of images.</param>
    /// <param name="cancellation">Stops it.</param>
    public static void SweepImages(string folder, CancellationToken cancellation)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            cancellation.ThrowIfCancellationRequested();
            var name = Path.GetFileName(path);
            if (IsTemporary(name, 64) || IsTemporary(name, 64 + SidecarEnding.Length) || (IsSidecar(name) && Posix.Look(path[..^SidecarEnding.Length]) is null))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Removes downloads that can't be resumed or are too old. Those in progress stay.</summary>
    /// <param name="folder">The folder of downloads.</param>
    /// <param name="parts">Those that this process has open.</param>
    /// <param name="oldest">Those last written before go.</param>
    /// <param name="log">Told what went.</param>
    /// <param name="cancellation">Stops it.</param>
    public static void SweepDownloads(string folder, OpenParts parts, DateTimeOffset oldest, ILogger log, CancellationToken cancellation)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*" + PartEnding))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                parts.WhenClosed(path, () => Sweep(path, oldest, log));
            }
            catch (FailureException foreign)
            {
                ImageLog.ForeignThing(log, foreign.Message);
            }
            catch (FileNotFoundException)
            {
                // The import that owned it has ended in the meantime.
            }
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*" + OwnFolder.TemporaryEnding))
        {
            // Descriptions are written within moments; one this old was never finished.
            if (IsTemporary(Path.GetFileName(path), 64 + PartEnding.Length + ".meta".Length) && File.GetLastWriteTimeUtc(path) < oldest.UtcDateTime)
            {
                File.Delete(path);
            }
        }
    }

    private static void Sweep(string path, DateTimeOffset oldest, ILogger log)
    {
        if (OwnFolder.HasFile(path) && !PartFile.IsWorthKeeping(path, oldest))
        {
            File.Delete(path);
            File.Delete(path + ".meta");
            ImageLog.Swept(log, path);
        }
    }

    private static bool IsSidecar(string name) =>
        name.Length == 64 + SidecarEnding.Length && name.EndsWith(SidecarEnding, StringComparison.Ordinal) && ImageDigest.TryParse("sha256:" + name[..64], out _);

    private static bool IsTemporary(string name, int stem) =>
        name.Length == stem + 1 + 32 + OwnFolder.TemporaryEnding.Length && name.EndsWith(OwnFolder.TemporaryEnding, StringComparison.Ordinal)
        && name[stem] == '.' && Guid.TryParseExact(name.AsSpan(stem + 1, 32), "N", out _);
}
