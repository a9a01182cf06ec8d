using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Qemu;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>Reads which images VM disks stand on. Whoever asks is about to remove images: where a disk can't be read, no answer is given at all.</summary>
[SupportedOSPlatform("linux")]
internal static class ImageReferences
{
    private const string DiskName = "disk.qcow2";

    /// <summary>The images that any disk names as its backing file.</summary>
    /// <param name="vmFolder">The folder of the VMs.</param>
    /// <param name="images">The image folder.</param>
    /// <param name="cancellation">Stops the scan.</param>
    /// <exception cref="FailureException">A disk can't be read.</exception>
    public static HashSet<ImageDigest> Of(string vmFolder, ImageFolder images, CancellationToken cancellation)
    {
        var found = new HashSet<ImageDigest>();
        if (!Directory.Exists(vmFolder))
        {
            return found;
        }

        foreach (var folder in Directory.EnumerateDirectories(vmFolder))
        {
            cancellation.ThrowIfCancellationRequested();
            var path = Path.Combine(folder, DiskName);
            if (BackingFileOf(path) is { } backing && Path.GetDirectoryName(backing) == images.Images
                && ImageDigest.TryParse("sha256:" + Path.GetFileName(backing), out var digest))
            {
                found.Add(digest);
            }
        }

        return found;
    }

    private static string? BackingFileOf(string path)
    {
        try
        {
            return Qcow2File.Read(path)?.BackingFile;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw FailureException.Transient(FailureCodes.HostError, $"The disk {path} can't be read, so that nobody knows which image it stands on: {unreadable.Message}", unreadable);
        }
    }
}
