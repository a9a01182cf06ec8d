using System.Buffers;
using System.Runtime.Versioning;
using System.Threading.Channels;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Infrastructure.Images;

/// <summary>The transfer broke off or stalled: what came is good, the rest is missing.</summary>
/// <param name="cause">Why, for the log.</param>
internal sealed class TransferCutException(string cause) : Exception(cause);

/// <summary>
/// Pours a stream into a part file: one task reads and hashes, another writes, with a few buffers between them. Copying into the page cache costs about as much as
/// receiving and hashing together, so that this split keeps two processors equally busy. What arrives is held to the limits while it arrives.
/// </summary>
/// <param name="options">The limits.</param>
/// <param name="free">Tells the bytes free on the file system.</param>
/// <param name="declared">What the image was said to be.</param>
/// <param name="progress">Told how far it is.</param>
[SupportedOSPlatform("linux")]
internal sealed class Intake(ImageStoreOptions options, Func<long> free, ImageFormat? declared, ProgressGate progress)
{
    private const int ChunkBytes = 1 << 20;
    private const int ChunksInFlight = 6;
    private const long BytesBetweenLooks = 64 << 20;

    /// <summary>Refuses what is too long and sets space aside, before the first byte.</summary>
    /// <param name="part">Where it will go.</param>
    /// <param name="total">How long it is, when known.</param>
    /// <exception cref="FailureException">It is too long or does not fit.</exception>
    public void Prepare(PartFile part, long? total)
    {
        if (total > options.MaxDownloadBytes)
        {
            throw TooLong(total.Value);
        }

        if (free() - options.MinimumFreeBytes < (total ?? 0) - part.Length)
        {
            throw NotEnoughSpace(total);
        }

        if (total > 0)
        {
            part.Reserve(total.Value);
        }
    }

    /// <summary>Pours until the stream ends.</summary>
    /// <param name="source">The stream.</param>
    /// <param name="part">Where it goes.</param>
    /// <param name="total">The length that the part will have, when known.</param>
    /// <param name="cancellation">Stops it; what has come stays.</param>
    /// <exception cref="TransferCutException">The stream broke off or was silent for too long.</exception>
    /// <exception cref="FailureException">What comes is too long, does not fit, or is no accepted image.</exception>
    public async Task PourAsync(Stream source, PartFile part, long? total, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var chunks = Channel.CreateBounded<Chunk>(new BoundedChannelOptions(ChunksInFlight) { SingleReader = true, SingleWriter = true });
        var reading = Task.Run(() => ReadAsync(source, part, chunks.Writer, stop.Token), CancellationToken.None);
        try
        {
            await Task.Run(() => TakeAsync(chunks.Reader, part, total, stop.Token), CancellationToken.None);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
        finally
        {
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (chunks.Reader.TryRead(out var left))
            {
                left.Return();
            }
        }

        await reading;
    }

    /// <summary>Judges an image by what has come of it.</summary>
    /// <param name="part">What has come.</param>
    /// <param name="isWhole">Whether all of it has.</param>
    /// <exception cref="FailureException">It is no accepted image.</exception>
    public ImageFacts Judge(PartFile part, bool isWhole)
    {
        var head = new byte[(int)Math.Min(part.Length, ImageHeader.HeadBytes)];
        part.Read(head, 0);
        byte[] tail = isWhole && part.Length >= ImageHeader.TailBytes ? new byte[ImageHeader.TailBytes] : [];
        part.Read(tail, part.Length - tail.Length);
        return ImageHeader.TryAccept(head, tail, isWhole ? part.Length : null, declared, options.MaxVirtualBytes, out var facts, out var refusal)
            ? facts
            : throw new FailureException(refusal);
    }

    private static FailureException NotEnoughSpace(long? total) => FailureException.Transient(
        FailureCodes.DiskFull,
        total is { } bytes
            ? $"The image of {bytes} bytes does not fit beside the reserve of the image folder's file system. Free space, or remove images that no VM uses."
            : "The image does not fit beside the reserve of the image folder's file system. Free space, or remove images that no VM uses.");

    private async Task ReadAsync(Stream source, PartFile part, ChannelWriter<Chunk> chunks, CancellationToken cancellation)
    {
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        TransferCutException? cut = null;
        try
        {
            var isEnd = false;
            while (!isEnd && cut is null)
            {
                var buffer = ArrayPool<byte>.Shared.Rent(ChunkBytes);
                var filled = 0;
                try
                {
                    while (filled < ChunkBytes)
                    {
                        idle.CancelAfter(options.IdleTimeout);
                        var read = await source.ReadAsync(buffer.AsMemory(filled, ChunkBytes - filled), idle.Token);
                        if (read == 0)
                        {
                            isEnd = true;
                            break;
                        }

                        filled += read;
                    }
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    cut = new("silent for too long");
                }
                catch (IOException broken)
                {
                    cut = new(broken.GetType().Name);
                }

                // The wait for the writer is not the server's silence.
                idle.CancelAfter(Timeout.InfiniteTimeSpan);
                part.Hash(buffer.AsSpan(0, filled));
                await chunks.WriteAsync(new(buffer, filled), cancellation);
            }
        }
        finally
        {
            chunks.Complete();
        }

        if (cut is not null)
        {
            throw cut;
        }
    }

    private async Task TakeAsync(ChannelReader<Chunk> chunks, PartFile part, long? total, CancellationToken cancellation)
    {
        var isJudged = false;
        var nextLook = part.Length + BytesBetweenLooks;
        await foreach (var chunk in chunks.ReadAllAsync(cancellation))
        {
            try
            {
                part.Write(chunk.Bytes);
            }
            finally
            {
                chunk.Return();
            }

            if (part.Length > options.MaxDownloadBytes)
            {
                throw TooLong(part.Length);
            }

            // A hostile or hopeless image is refused by its first bytes; the rest of it is never fetched.
            if (!isJudged && part.Length >= ImageHeader.HeadBytes)
            {
                Judge(part, isWhole: false);
                isJudged = true;
            }

            if (part.Length >= nextLook)
            {
                nextLook = part.Length + BytesBetweenLooks;
                if (total is null && free() < options.MinimumFreeBytes)
                {
                    throw NotEnoughSpace(null);
                }
            }

            progress.Report("download", part.Length, total);
        }
    }

    private FailureException TooLong(long bytes) => FailureException.Permanent(
        FailureCodes.ImageTooLarge, $"The image file has {bytes} bytes or more; this node downloads up to {options.MaxDownloadBytes}. Use a smaller image or raise the limit on downloads.");

    private readonly struct Chunk(byte[] buffer, int length)
    {
        public ReadOnlySpan<byte> Bytes => buffer.AsSpan(0, length);

        public void Return() => ArrayPool<byte>.Shared.Return(buffer);
    }
}
