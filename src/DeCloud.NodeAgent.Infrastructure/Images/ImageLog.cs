using DeCloud.NodeAgent.Core.Images;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>What the image store logs. Addresses are logged without their query, which may hold a secret.</summary>
internal static partial class ImageLog
{
    [LoggerMessage(EventId = 2201, Level = LogLevel.Information, Message = "Image {Digest} imported from {Source}: {SizeBytes} bytes, disk of {VirtualSizeBytes} bytes.")]
    public static partial void Imported(ILogger logger, ImageDigest digest, string source, long sizeBytes, long virtualSizeBytes);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning, Message = "Download from {Source} broke off after {Bytes} bytes ({Cause}); taken up again, try {Attempt}.")]
    public static partial void Resuming(ILogger logger, string source, long bytes, string cause, int attempt);

    [LoggerMessage(EventId = 2203, Level = LogLevel.Warning, Message = "Image {Digest} is not what was imported; moved aside to {Path}.")]
    public static partial void Quarantined(ILogger logger, ImageDigest digest, string path);

    [LoggerMessage(EventId = 2204, Level = LogLevel.Warning, Message = "The image folder holds something that is not the agent's, left alone: {Cause}")]
    public static partial void ForeignThing(ILogger logger, string cause);

    [LoggerMessage(EventId = 2205, Level = LogLevel.Information, Message = "Removed what an interrupted import left: {Path}.")]
    public static partial void Swept(ILogger logger, string path);

    [LoggerMessage(EventId = 2206, Level = LogLevel.Warning, Message = "The resumed download from {Source} is not what was promised; it is fetched once more from its beginning.")]
    public static partial void StartingOver(ILogger logger, string source);
}
