using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>The images on this host's disk. The way of an image: address judged, downloaded and hashed, hash compared, header inspected, copied into our own qcow2, published.</summary>
[SupportedOSPlatform("linux")]
internal sealed class ImageStore : IImageStore, IDisposable
{
    private readonly ImageStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<ImageStore> _log;
    private readonly ImageFolder _folder;
    private readonly ImageUrlPolicy _policy;
    private readonly ImageHttp _http;
    private readonly ImageShelf _shelf;
    private readonly ImageFlattening _flattening;
    private readonly OpenParts _parts = new();

    /// <summary>Makes the store; nothing on disk is touched yet.</summary>
    /// <param name="options">How images are fetched and kept.</param>
    /// <param name="qemuImg">Copies images.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The log.</param>
    /// <exception cref="ArgumentException">A folder's path is not absolute.</exception>
    public ImageStore(ImageStoreOptions options, QemuImg qemuImg, TimeProvider time, ILogger<ImageStore> log)
    {
        if (!Path.IsPathFullyQualified(options.Folder) || !Path.IsPathFullyQualified(options.VmFolder))
        {
            throw new ArgumentException("The folders of images and VMs must be absolute paths.", nameof(options));
        }

        (_options, _time, _log) = (options, time, log);
        _folder = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.Folder)));
        _policy = options.UrlPolicy;
        _http = new(options, _policy);
        _shelf = new(_folder, log);
        _flattening = new(_folder, _shelf, qemuImg, options, FreeBytes, time);
    }

    /// <inheritdoc/>
    public async Task<CachedImage> ImportAsync(ImageRequest request, IProgress<ImportProgress> progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        try
        {
            return await ImportCoreAsync(request, new(progress, _time), cancellation);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw Unusable(broken);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<CachedImage>> ListAsync(CancellationToken cancellation)
    {
        try
        {
            _folder.Ensure();
            await _flattening.SweepAsync(cancellation);
            Leftovers.SweepDownloads(_folder.Downloads, _parts, _time.GetUtcNow() - _options.KeepPartsFor, _log, cancellation);
            return _shelf.List(cancellation);
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw Unusable(broken);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlySet<ImageDigest>> ReferencedAsync(CancellationToken cancellation) =>
        Task.Run<IReadOnlySet<ImageDigest>>(() => ImageReferences.Of(_options.VmFolder, _folder, cancellation), cancellation);

    /// <inheritdoc/>
    public Task RemoveAsync(ImageDigest digest, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            _shelf.Remove(digest);
            return Task.CompletedTask;
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw Unusable(broken);
        }
    }

    /// <inheritdoc/>
    public long FreeBytes() => new DriveInfo(Directory.Exists(_folder.Root) ? _folder.Root : Path.GetPathRoot(_folder.Root)!).AvailableFreeSpace;

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _flattening.Dispose();
    }

    private static FailureException Unusable(Exception cause) =>
        FailureException.Transient(FailureCodes.HostError, $"The image folder can't be used: {cause.Message}", cause);

    private async Task<CachedImage> ImportCoreAsync(ImageRequest request, ProgressGate progress, CancellationToken cancellation)
    {
        var isPinned = request.Expected is not null;
        if (!_policy.TryAccept(request.Url, isPinned, out var url, out var refusal))
        {
            throw new FailureException(refusal);
        }

        _folder.Ensure();
        if (request.Expected is { } wanted && await _shelf.FindAsync(wanted, isPinned: true, cancellation) is { } cached)
        {
            return cached;
        }

        using var holding = _parts.Hold(_folder.PartOf(request));
        using var part = await PartFile.OpenAsync(_folder.PartOf(request), cancellation);
        try
        {
            var intake = new Intake(_options, FreeBytes, url.Declared, progress);
            var digest = await FetchAsync(request, url, part, intake, cancellation);
            var image = await _shelf.FindAsync(digest, isPinned, cancellation)
                ?? await _flattening.PublishAsync(request, part, digest, intake.Judge(part, isWhole: true), progress, cancellation);
            part.Remove();
            ImageLog.Imported(_log, digest, url.Shown, image.SizeBytes, image.VirtualSizeBytes);
            return image;
        }
        catch (FailureException failure) when (failure.Failure.IsPermanent)
        {
            // What is refused for good is not kept: nobody will resume it.
            part.Remove();
            throw;
        }
    }

    private async Task<ImageDigest> FetchAsync(ImageRequest request, ImageUrl url, PartFile part, Intake intake, CancellationToken cancellation)
    {
        for (var isFirst = true; ; isFirst = false)
        {
            if (url.FilePath is { } path)
            {
                await LocalCopy.FetchAsync(path, _folder, part, intake, cancellation);
            }
            else
            {
                await new Download(_http, _options, _time, _log).FetchAsync(url, request.Expected is not null, part, intake, cancellation);
            }

            var digest = part.Digest();
            if (request.Expected is not { } expected || digest == expected)
            {
                return digest;
            }

            // What was put together from several answers may be of several versions, whatever the validators said: it gets one more try from its beginning.
            if (!part.IsResumed || !isFirst)
            {
                throw FailureException.Permanent(
                    FailureCodes.ImageHashMismatch, $"The image from {url.Shown} has the hash {digest}, expected was {expected}. Check which of the two is right; the publisher may have replaced the file.");
            }

            ImageLog.StartingOver(_log, url.Shown);
            part.Empty();
        }
    }
}
