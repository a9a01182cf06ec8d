namespace DeCloud.NodeAgent.Core.Images;

/// <summary>What image is wanted.</summary>
/// <param name="Url">Where it comes from.</param>
/// <param name="Expected">What it must hash to; null to record what comes.</param>
public sealed record ImageRequest(string Url, ImageDigest? Expected);

/// <summary>An image in the cache: our own flattened qcow2 without a backing file.</summary>
/// <param name="Digest">SHA-256 of the file as downloaded.</param>
/// <param name="SourceUrl">Where it came from.</param>
/// <param name="SourceFormat"><c>qcow2</c> or <c>raw</c>.</param>
/// <param name="SizeBytes">Bytes of the cached file on disk.</param>
/// <param name="VirtualSizeBytes">Size of the disk it describes.</param>
/// <param name="IsPinned">Whether somebody gave the hash beforehand.</param>
/// <param name="ImportedAt">When it was imported.</param>
public sealed record CachedImage(ImageDigest Digest, string SourceUrl, string SourceFormat, long SizeBytes, long VirtualSizeBytes, bool IsPinned, DateTimeOffset ImportedAt);

/// <summary>How far an import is.</summary>
/// <param name="Stage"><c>download</c>, <c>verify</c> or <c>convert</c>.</param>
/// <param name="DoneBytes">Bytes done in this stage.</param>
/// <param name="TotalBytes">Bytes of this stage, when known.</param>
public sealed record ImportProgress(string Stage, long DoneBytes, long? TotalBytes);

/// <summary>
/// The images on disk. Every method may be called at any time and from any thread; those that change one digest or URL are called by one caller at a time.
/// Known causes of failure are thrown as <see cref="Node.FailureException"/>.
/// </summary>
public interface IImageStore
{
    /// <summary>
    /// Downloads, verifies, inspects, flattens and publishes an image. Nothing is published unless all of it succeeded; a kill at any moment leaves at most a <c>.part</c>
    /// that the next import resumes or replaces. An image that is in the cache under the expected digest is returned without any traffic.
    /// </summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="progress">Told about progress, at most a few times a second.</param>
    /// <param name="cancellation">Stops the import and every program it runs.</param>
    Task<CachedImage> ImportAsync(ImageRequest request, IProgress<ImportProgress> progress, CancellationToken cancellation);

    /// <summary>What is in the cache and whole. Removes what an interrupted import left behind, except what can be resumed.</summary>
    /// <param name="cancellation">Stops the scan.</param>
    Task<IReadOnlyList<CachedImage>> ListAsync(CancellationToken cancellation);

    /// <summary>Which images VM disks stand on, read from the backing-file field of every disk's own header.</summary>
    /// <param name="cancellation">Stops the scan.</param>
    Task<IReadOnlySet<ImageDigest>> ReferencedAsync(CancellationToken cancellation);

    /// <summary>Removes an image. The caller has made sure that nothing stands on it. Removing what is not there is no error.</summary>
    /// <param name="digest">The image.</param>
    /// <param name="cancellation">Stops before the removal.</param>
    Task RemoveAsync(ImageDigest digest, CancellationToken cancellation);

    /// <summary>Bytes free on the cache's file system.</summary>
    long FreeBytes();
}
