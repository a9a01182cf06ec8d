using System.Runtime.Versioning;
using System.Text.Json;
using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>What is known of a cached image: a file of JSON beside it, put in place before it, so that an image is whole when both are there.</summary>
/// <param name="Digest">SHA-256 of the file as downloaded; the image's name.</param>
/// <param name="SourceUrl">Where it came from, query included: the file is readable by the agent alone.</param>
/// <param name="SourceFormat"><c>qcow2</c> or <c>raw</c>.</param>
/// <param name="SizeBytes">Length of the cached file.</param>
/// <param name="VirtualSizeBytes">Size of the disk.</param>
/// <param name="IsPinned">Whether somebody gave the hash beforehand.</param>
/// <param name="ImportedAt">When it was imported.</param>
/// <param name="OwnSha256">SHA-256 of the cached file itself, in lower-case hexadecimal.</param>
[SupportedOSPlatform("linux")]
internal sealed record ImageSidecar(
    ImageDigest Digest, string SourceUrl, string SourceFormat, long SizeBytes, long VirtualSizeBytes, bool IsPinned, DateTimeOffset ImportedAt, string OwnSha256)
{
    private const int OwnerOnly = 0b110_000_000;
    private const int LongestFile = 64 << 10;

    /// <summary>Reads what is known of an image.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Null when nothing is there or it is damaged.</returns>
    public static ImageSidecar? Read(string path)
    {
        try
        {
            using var file = OwnFolder.OpenFile(path);
            var buffer = new byte[LongestFile];
            var length = OwnFolder.Read(file, buffer, 0);
            return JsonSerializer.Deserialize(buffer.AsSpan(0, length), ImageJson.Default.ImageSidecar);
        }
        catch (Exception missing) when (missing is FileNotFoundException or JsonException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Writes it, durable when the method returns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellation">Stops before it is in place.</param>
    public Task WriteAsync(string path, CancellationToken cancellation) =>
        OwnFolder.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(this, ImageJson.Default.ImageSidecar), OwnerOnly, cancellation);

    /// <summary>The image as the port describes it.</summary>
    public CachedImage ToImage() => new(Digest, SourceUrl, SourceFormat, SizeBytes, VirtualSizeBytes, IsPinned, ImportedAt);
}

/// <summary>What is needed to resume a download.</summary>
/// <param name="ETag">The strong entity tag, when the server gave one.</param>
/// <param name="LastModified">The modification time, when it is good as a validator and there is no tag.</param>
/// <param name="TotalBytes">The length of the whole file, when the server said it.</param>
/// <param name="BootId">The boot of the host in which the bytes were written. After a power cut a file can have its length and not its bytes: those of another boot are not trusted.</param>
[SupportedOSPlatform("linux")]
internal sealed record PartMeta(string? ETag, DateTimeOffset? LastModified, long? TotalBytes, string BootId)
{
    /// <summary>Whether a server can be asked for the rest of this very version.</summary>
    [JsonIgnore]
    public bool HasValidator => ETag is not null || LastModified is not null;
}

/// <summary>The JSON of the image folder's files.</summary>
[JsonSerializable(typeof(ImageSidecar))]
[JsonSerializable(typeof(PartMeta))]
[SupportedOSPlatform("linux")]
internal sealed partial class ImageJson : JsonSerializerContext;
