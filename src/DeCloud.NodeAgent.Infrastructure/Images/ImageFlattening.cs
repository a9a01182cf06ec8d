using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Qemu;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>
/// Copies an inspected download into a qcow2 of our own and publishes it. One at a time: what a conversion may write is bounded by what is free, and two could not both
/// have that.
/// </summary>
/// <param name="folder">Where images are.</param>
/// <param name="shelf">The published images.</param>
/// <param name="qemuImg">Copies.</param>
/// <param name="options">The limits.</param>
/// <param name="free">Tells the bytes free on the file system.</param>
/// <param name="time">The clock.</param>
[SupportedOSPlatform("linux")]
internal sealed class ImageFlattening(ImageFolder folder, ImageShelf shelf, QemuImg qemuImg, ImageStoreOptions options, Func<long> free, TimeProvider time) : IDisposable
{
    private const int OwnerOnly = 0b110_000_000;
    private const int ReadOnly = 0b100_100_100;
    private const long Sector = 512;
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Copies and publishes.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="part">The whole download.</param>
    /// <param name="digest">Its hash.</param>
    /// <param name="facts">What the inspection found.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Stops it; nothing is published then.</param>
    public async Task<CachedImage> PublishAsync(ImageRequest request, PartFile part, ImageDigest digest, ImageFacts facts, ProgressGate progress, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            // Another address may have led to the same bytes while this import waited.
            return await shelf.FindAsync(digest, request.Expected is not null, cancellation) ?? await FlattenAsync(request, part, digest, facts, progress, cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Removes what an interrupted publication left, unless one is going on.</summary>
    /// <param name="cancellation">Stops it.</param>
    public async Task SweepAsync(CancellationToken cancellation)
    {
        if (!await _one.WaitAsync(TimeSpan.Zero, cancellation))
        {
            return;
        }

        try
        {
            Leftovers.SweepImages(folder.Images, cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    private async Task<CachedImage> FlattenAsync(
        ImageRequest request, PartFile part, ImageDigest digest, ImageFacts facts, ProgressGate progress, CancellationToken cancellation)
    {
        var path = folder.PathOf(digest);
        var temporary = OwnFolder.TemporaryFor(path);
        try
        {
            Posix.CreateNew(temporary, OwnerOnly).Dispose();
            progress.Report("convert", 0, facts.VirtualSizeBytes);
            await qemuImg.ConvertAsync(
                part.Path,
                facts,
                temporary,
                LargestResult(facts),
                options.ConvertTimeout,
                done => progress.Report("convert", (long)(done * facts.VirtualSizeBytes), facts.VirtualSizeBytes),
                cancellation);

            var sidecar = await SealAsync(temporary, request, digest, facts, progress, cancellation);
            await sidecar.WriteAsync(folder.SidecarOf(digest), cancellation);
            OwnFolder.Publish(temporary, path);
            shelf.Trust(digest);
            return sidecar.ToImage();
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    // The whole disk and its tables, which are 1/8192 of it and as much again for reference counts; and never the reserve.
    private long LargestResult(ImageFacts facts)
    {
        var room = free() - options.MinimumFreeBytes;
        var most = facts.VirtualSizeBytes + facts.VirtualSizeBytes / 1024 + (64 << 20);
        return room > 0
            ? Math.Min(room, most)
            : throw FailureException.Transient(FailureCodes.DiskFull, "There is no room for the unpacked image beside the reserve. Free space, or remove images that no VM uses.");
    }

    private async Task<ImageSidecar> SealAsync(
        string temporary, ImageRequest request, ImageDigest digest, ImageFacts facts, ProgressGate progress, CancellationToken cancellation)
    {
        using var file = OwnFolder.OpenFile(temporary);
        var length = Posix.Look(file).Length;
        var head = new byte[Math.Min(length, ImageHeader.HeadBytes)];
        OwnFolder.Read(file, head, 0);
        var expectedSize = (facts.VirtualSizeBytes + Sector - 1) / Sector * Sector;
        if (!ImageHeader.TryAccept(head, [], length, ImageFormat.Qcow2, long.MaxValue, out var result, out var refusal) || result.VirtualSizeBytes != expectedSize)
        {
            throw FailureException.Permanent(FailureCodes.HostError, $"qemu-img made something else than was asked for: {refusal?.Message ?? "another size"} Check its version.");
        }

        // The disk writes while the processor hashes.
        progress.Report("verify", 0, length);
        var hashing = ImageShelf.HashAsync(temporary, cancellation);
        var flushing = Task.Run(() => RandomAccess.FlushToDisk(file), CancellationToken.None);
        await Task.WhenAll(hashing, flushing);
        Posix.SetMode(file, ReadOnly);
        return new(digest, request.Url, facts.Format.ToText(), length, result.VirtualSizeBytes, request.Expected is not null, time.GetUtcNow(), await hashing);
    }
}
