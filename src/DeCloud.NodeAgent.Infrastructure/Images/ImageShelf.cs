using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>
/// The published images. An image is trusted after its own bytes were hashed once in the life of this process; one that is not what was imported is moved aside, kept
/// for whoever wants to know why, and counts as absent.
/// </summary>
/// <param name="folder">Where they are.</param>
/// <param name="log">Told of what is wrong.</param>
[SupportedOSPlatform("linux")]
internal sealed class ImageShelf(ImageFolder folder, ILogger log)
{
    private const int ChunkBytes = 1 << 20;
    private readonly ConcurrentDictionary<ImageDigest, bool> _verified = new();

    /// <summary>An image, if it is there whole and is what was imported.</summary>
    /// <param name="digest">The image.</param>
    /// <param name="isPinned">Whether the caller knew the hash beforehand; remembered with the image.</param>
    /// <param name="cancellation">Stops the verification.</param>
    /// <returns>Null when it is not there.</returns>
    /// <exception cref="FailureException">Something that is no plain file is in its place.</exception>
    public async Task<CachedImage?> FindAsync(ImageDigest digest, bool isPinned, CancellationToken cancellation)
    {
        var path = folder.PathOf(digest);
        var hasSidecar = OwnFolder.HasFile(folder.SidecarOf(digest));
        if (!OwnFolder.HasFile(path) || !hasSidecar)
        {
            return null;
        }

        var sidecar = ImageSidecar.Read(folder.SidecarOf(digest));
        if (sidecar is null || sidecar.Digest != digest || !await IsIntactAsync(path, sidecar, cancellation))
        {
            Quarantine(digest);
            return null;
        }

        if (isPinned && !sidecar.IsPinned)
        {
            sidecar = sidecar with { IsPinned = true };
            await sidecar.WriteAsync(folder.SidecarOf(digest), cancellation);
        }

        return sidecar.ToImage();
    }

    /// <summary>Notes that an image was made by this process just now.</summary>
    /// <param name="digest">The image.</param>
    public void Trust(ImageDigest digest) => _verified[digest] = true;

    /// <summary>Every image that is there whole, by what is known of it. The bytes are not read.</summary>
    /// <param name="cancellation">Stops the scan.</param>
    public IReadOnlyList<CachedImage> List(CancellationToken cancellation)
    {
        var images = new List<CachedImage>();
        foreach (var path in Directory.EnumerateFiles(folder.Images, "*.json"))
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (ImageDigest.TryParse("sha256:" + Path.GetFileNameWithoutExtension(path), out var digest) && ImageSidecar.Read(path) is { } sidecar
                    && sidecar.Digest == digest && OwnFolder.HasFile(folder.PathOf(digest)) && Posix.Look(folder.PathOf(digest))?.Length == sidecar.SizeBytes)
                {
                    images.Add(sidecar.ToImage());
                }
            }
            catch (FailureException foreign)
            {
                ImageLog.ForeignThing(log, foreign.Message);
            }
        }

        return images;
    }

    /// <summary>Removes an image: first itself, so that what is left by a kill in between is not whole.</summary>
    /// <param name="digest">The image.</param>
    public void Remove(ImageDigest digest)
    {
        _verified.TryRemove(digest, out _);
        if (!Directory.Exists(folder.Images))
        {
            return;
        }

        File.Delete(folder.PathOf(digest));
        File.Delete(folder.SidecarOf(digest));
        Posix.FlushFolder(folder.Images);
    }

    /// <summary>SHA-256 of a file, in lower-case hexadecimal.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Stops it.</param>
    public static async Task<string> HashAsync(string path, CancellationToken cancellation)
    {
        using var file = OwnFolder.OpenFile(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int read;
            for (var at = 0L; (read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, ChunkBytes), at, cancellation)) > 0; at += read)
            {
                hash.AppendData(buffer, 0, read);
            }

            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<bool> IsIntactAsync(string path, ImageSidecar sidecar, CancellationToken cancellation)
    {
        if (Posix.Look(path)?.Length != sidecar.SizeBytes)
        {
            return false;
        }

        if (_verified.ContainsKey(sidecar.Digest))
        {
            return true;
        }

        if (await HashAsync(path, cancellation) != sidecar.OwnSha256)
        {
            return false;
        }

        Trust(sidecar.Digest);
        return true;
    }

    private void Quarantine(ImageDigest digest)
    {
        _verified.TryRemove(digest, out _);
        var path = folder.PathOf(digest);
        var aside = Enumerable.Range(1, int.MaxValue).Select(n => string.Create(CultureInfo.InvariantCulture, $"{path}.corrupt-{n}")).First(name => Posix.Look(name) is null);
        Posix.Rename(path, aside);
        File.Delete(folder.SidecarOf(digest));
        Posix.FlushFolder(folder.Images);
        ImageLog.Quarantined(log, digest, aside);
    }
}
