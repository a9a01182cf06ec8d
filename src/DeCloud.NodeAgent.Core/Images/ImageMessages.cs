using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>A message to the image cache.</summary>
public interface IImageMessage;

/// <summary>The commands the image cache obeys.</summary>
public static class ImageCommands
{
    /// <summary>Bring an image into the cache; answered by <see cref="ImageReply.Accepted"/> or <see cref="ImageReply.Refused"/>.</summary>
    /// <param name="Image">Which.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record Pull(ImageRequest Image, Request Request) : IImageMessage;

    /// <summary>Give a pull up: its download stops unless others wait for it, and what was downloaded serves the next who asks. Answered by <see cref="ImageReply.Operation"/> or <see cref="ImageReply.Refused"/>.</summary>
    /// <param name="Number">The pull's operation.</param>
    public sealed record Cancel(long Number) : IImageMessage;

    /// <summary>Remove an image that nothing stands on; answered by <see cref="ImageReply.Removed"/> or <see cref="ImageReply.Refused"/>.</summary>
    /// <param name="Digest">Which.</param>
    public sealed record Remove(ImageDigest Digest) : IImageMessage;

    /// <summary>
    /// A VM needs an image: import it unless it is there, tell the asker <see cref="ImageReply.Progress"/> meanwhile and at last <see cref="ImageReply.Resolved"/> or
    /// <see cref="ImageReply.Refused"/>, and hold it for the VM until <see cref="Release"/>.
    /// </summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="Image">Which image.</param>
    /// <param name="Token">Comes back in every answer.</param>
    public sealed record Resolve(VmId VmId, ImageRequest Image, long Token) : IImageMessage;

    /// <summary>The VM's disk stands on its image or is no longer wanted: the hold of <see cref="Resolve"/> ends, and a download that nobody waits for is stopped.</summary>
    /// <param name="VmId">The VM.</param>
    public sealed record Release(VmId VmId) : IImageMessage;
}

/// <summary>The questions the image cache answers.</summary>
public static class ImageQueries
{
    /// <summary>What is in the cache; answered by <see cref="ImageReply.Listed"/>.</summary>
    public sealed record List : IImageMessage;

    /// <summary>An operation; answered by <see cref="ImageReply.Operation"/> or <see cref="ImageReply.Refused"/>.</summary>
    /// <param name="Number">Its number.</param>
    /// <param name="Wait">How long to wait for its end.</param>
    public sealed record GetOperation(long Number, TimeSpan Wait) : IImageMessage;
}

/// <summary>What the image cache answers.</summary>
public abstract record ImageReply
{
    private ImageReply()
    {
    }

    /// <summary>The pull is stored and will be carried out.</summary>
    /// <param name="Resource">The operation.</param>
    public sealed record Accepted(OperationResource Resource) : ImageReply;

    /// <summary>Nothing was done, or it failed.</summary>
    /// <param name="Failure">Why.</param>
    /// <param name="Token">Of the <see cref="ImageCommands.Resolve"/> it answers, or 0.</param>
    public sealed record Refused(Failure Failure, long Token = 0) : ImageReply;

    /// <summary>The image is in the cache.</summary>
    /// <param name="Image">The image.</param>
    /// <param name="Token">Of the <see cref="ImageCommands.Resolve"/> it answers.</param>
    public sealed record Resolved(CachedImage Image, long Token) : ImageReply;

    /// <summary>How far the import is.</summary>
    /// <param name="State">How far.</param>
    /// <param name="Token">Of the <see cref="ImageCommands.Resolve"/> it answers.</param>
    public sealed record Progress(ImportProgress State, long Token) : ImageReply;

    /// <summary>The image is gone.</summary>
    /// <param name="Digest">Which.</param>
    public sealed record Removed(ImageDigest Digest) : ImageReply;

    /// <summary>What is in the cache.</summary>
    /// <param name="Images">The list.</param>
    public sealed record Listed(ImageListResource Images) : ImageReply;

    /// <summary>The operation.</summary>
    /// <param name="Resource">As it is now.</param>
    public sealed record Operation(OperationResource Resource) : ImageReply;
}
