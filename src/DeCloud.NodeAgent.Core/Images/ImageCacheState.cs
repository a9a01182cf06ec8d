using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Images;

/// <summary>A fact about the image cache, stored for ever. The files themselves say which images there are; the journal says who asked for them and when they were used.</summary>
public interface IImageEvent
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen to the image cache.</summary>
public static class ImageEvents
{
    /// <summary>A pull was accepted.</summary>
    /// <param name="Number">Number of the operation, from 1.</param>
    /// <param name="Url">Where the image comes from.</param>
    /// <param name="Expected">What it must hash to; null to record what comes.</param>
    /// <param name="Request">Who asked, under which key.</param>
    /// <param name="At">When.</param>
    public sealed record PullAccepted(long Number, string Url, ImageDigest? Expected, Request Request, DateTimeOffset At) : IImageEvent;

    /// <summary>A pull ended.</summary>
    /// <param name="Number">Number of the operation.</param>
    /// <param name="Outcome">How.</param>
    /// <param name="Digest">The image, when it succeeded.</param>
    /// <param name="Failure">The cause, when it failed.</param>
    /// <param name="At">When.</param>
    public sealed record PullEnded(long Number, OperationStatus Outcome, ImageDigest? Digest, Failure? Failure, DateTimeOffset At) : IImageEvent;

    /// <summary>An image was imported or used.</summary>
    /// <param name="Digest">The image.</param>
    /// <param name="At">When.</param>
    public sealed record Used(ImageDigest Digest, DateTimeOffset At) : IImageEvent;

    /// <summary>An image was removed.</summary>
    /// <param name="Digest">The image.</param>
    /// <param name="Reason"><c>asked</c> or <c>evicted</c>.</param>
    /// <param name="At">When.</param>
    public sealed record Removed(ImageDigest Digest, string Reason, DateTimeOffset At) : IImageEvent;
}

/// <summary>A pull that was accepted.</summary>
/// <param name="Number">Number of the operation.</param>
/// <param name="Url">Where the image comes from.</param>
/// <param name="Expected">What it must hash to.</param>
/// <param name="Request">Who asked.</param>
/// <param name="AcceptedAt">When.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Digest">The image it brought.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="EndedAt">When it ended.</param>
public sealed record ImagePull(
    long Number, string Url, ImageDigest? Expected, Request Request, DateTimeOffset AcceptedAt, OperationStatus Status, ImageDigest? Digest, Failure? Failure, DateTimeOffset? EndedAt);

/// <summary>What the journal knows of the image cache.</summary>
public sealed record ImageCacheState
{
    /// <summary>How many pulls are remembered, and with them their idempotency keys.</summary>
    public const int RememberedPulls = 1000;

    /// <summary>The pulls, oldest first.</summary>
    public ImmutableList<ImagePull> Pulls { get; init; } = [];

    /// <summary>When each image was last used, by digest in text.</summary>
    public ImmutableDictionary<string, DateTimeOffset> LastUsed { get; init; } = ImmutableDictionary<string, DateTimeOffset>.Empty;

    /// <summary>The state after one more event.</summary>
    /// <param name="event">What happened.</param>
    public ImageCacheState Apply(IImageEvent @event) => @event switch
    {
        ImageEvents.PullAccepted e => this with
        {
            Pulls = (Pulls.Count < RememberedPulls ? Pulls : Pulls.RemoveAt(0)).Add(new(e.Number, e.Url, e.Expected, e.Request, e.At, OperationStatus.Running, null, null, null)),
        },
        ImageEvents.PullEnded e => this with
        {
            Pulls = Pulls.ConvertAll(p => p.Number == e.Number ? p with { Status = e.Outcome, Digest = e.Digest, Failure = e.Failure, EndedAt = e.At } : p),
        },
        ImageEvents.Used e => this with { LastUsed = LastUsed.SetItem(e.Digest.ToString(), e.At) },
        ImageEvents.Removed e => this with { LastUsed = LastUsed.Remove(e.Digest.ToString()) },
        _ => this,
    };

    /// <summary>A pull as the API shows it; null when it is not remembered.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="progress">How far its import is.</param>
    public OperationResource? View(long number, ImportProgress? progress)
    {
        if (Pulls.Find(p => p.Number == number) is not { } pull)
        {
            return null;
        }

        var isRunning = pull.Status == OperationStatus.Running;
        return new()
        {
            Id = new OperationId(null, number).ToString(),
            Kind = "pull-image",
            Status = VmWords.Of(pull.Status),
            Resource = pull.Digest is { } digest ? $"/api/images/{digest}" : "/api/images",
            RequestId = pull.Request.Id,
            RequestedBy = pull.Request.By,
            AcceptedAt = pull.AcceptedAt,
            CompletedAt = pull.EndedAt,
            Stage = isRunning ? progress?.Stage : null,
            Progress = isRunning && progress is not null ? new(progress.DoneBytes, progress.TotalBytes) : null,
            Error = pull.Failure is { } failure ? new(failure.Code, failure.Message, null) : null,
        };
    }
}

/// <summary>Which images leave when the cache is over its budget.</summary>
public static class ImageEviction
{
    /// <summary>The images to remove, the longest unused first, until the rest fits. Never one that is in use, even when the budget can't be met.</summary>
    /// <param name="images">What is in the cache.</param>
    /// <param name="lastUsed">When an image was last used.</param>
    /// <param name="inUse">What VMs stand on or wait for.</param>
    /// <param name="budgetBytes">What the images may take together.</param>
    public static IReadOnlyList<ImageDigest> Choose(IEnumerable<CachedImage> images, Func<CachedImage, DateTimeOffset> lastUsed, IReadOnlySet<ImageDigest> inUse, long budgetBytes)
    {
        var all = images.ToList();
        var over = all.Sum(i => i.SizeBytes) - budgetBytes;
        var chosen = new List<ImageDigest>();
        foreach (var image in all.Where(i => !inUse.Contains(i.Digest)).OrderBy(lastUsed).ThenBy(i => i.Digest.Hex, StringComparer.Ordinal))
        {
            if (over <= 0)
            {
                break;
            }

            chosen.Add(image.Digest);
            over -= image.SizeBytes;
        }

        return chosen;
    }
}
