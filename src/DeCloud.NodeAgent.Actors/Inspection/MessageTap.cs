using System.Threading.Channels;
using Akka.Actor;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>Something that was seen of an actor.</summary>
/// <param name="At">When.</param>
/// <param name="Kind">The word for it, as <see cref="Contracts.Rest.TailResource.Kind"/> has it.</param>
/// <param name="Subject">The message itself, or who wrote the line.</param>
/// <param name="Text">The line; null for a message, which is described by whoever reads it and not by the actor's thread.</param>
internal readonly record struct Sight(DateTimeOffset At, string Kind, object Subject, string? Text);

/// <summary>One watcher of one actor. What is seen waits for it in a bounded queue; what does not fit is counted and forgotten, so that the actor never waits.</summary>
internal sealed class MessageTap(TimeProvider time)
{
    private const int MostWaiting = 256;

    private readonly Channel<Sight> _seen = Channel.CreateBounded<Sight>(new BoundedChannelOptions(MostWaiting) { SingleReader = true, AllowSynchronousContinuations = false });
    private long _dropped;

    /// <summary>What was seen.</summary>
    public ChannelReader<Sight> Seen => _seen.Reader;

    /// <summary>Called by the actor's thread for a message that it takes.</summary>
    public void Took(in Envelope envelope) => Offer(new(time.GetUtcNow(), "message", envelope.Message, null));

    /// <summary>Takes something that was seen.</summary>
    public void Offer(Sight sight)
    {
        if (!_seen.Writer.TryWrite(sight))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>How much did not fit since this was asked last.</summary>
    public long TakeDropped() => Interlocked.Exchange(ref _dropped, 0);
}
