using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>The mailbox of an actor that keeps its messages in the order in which they came. Named in <c>hocon/core.conf</c>.</summary>
/// <param name="settings">Given by Akka.</param>
/// <param name="config">Given by Akka.</param>
public sealed class WatchedMailbox(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<WatchedQueue>
{
    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new WatchedQueue(new UnboundedMessageQueue());
}

/// <summary>The mailbox of an actor that may put messages aside. Named in <c>hocon/core.conf</c>.</summary>
/// <param name="settings">Given by Akka.</param>
/// <param name="config">Given by Akka.</param>
public sealed class WatchedDequeMailbox(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<WatchedDeque>
{
    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new WatchedDeque(new UnboundedDequeMessageQueue());
}

/// <summary>
/// A queue that counts what its actor takes, and shows it to those who watch. While nobody does, that is one addition and one comparison a message: nothing is locked, kept or allocated.
/// </summary>
public class WatchedQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private readonly IMessageQueue _queue;
    private MessageTap[]? _watching;
    private long _taken;

    internal WatchedQueue(IMessageQueue queue) => _queue = queue;

    /// <inheritdoc/>
    public bool HasMessages => _queue.HasMessages;

    /// <inheritdoc/>
    public int Count => _queue.Count;

    /// <summary>How many messages the actor has taken. Only the thread that runs the actor adds.</summary>
    internal long Taken => Volatile.Read(ref _taken);

    /// <summary>Whether somebody watches.</summary>
    internal bool IsWatched => Volatile.Read(ref _watching) is not null;

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope) => _queue.Enqueue(receiver, envelope);

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope)
    {
        if (!_queue.TryDequeue(out envelope))
        {
            return false;
        }

        _taken++;
        if (Volatile.Read(ref _watching) is { } watching)
        {
            foreach (var tap in watching)
            {
                tap.Took(envelope);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters) => _queue.CleanUp(owner, deadletters);

    internal void Attach(MessageTap tap)
    {
        lock (_queue)
        {
            Volatile.Write(ref _watching, [.. _watching ?? [], tap]);
        }
    }

    internal void Detach(MessageTap tap)
    {
        lock (_queue)
        {
            MessageTap[] left = [.. (_watching ?? []).Where(t => t != tap)];
            Volatile.Write(ref _watching, left.Length == 0 ? null : left);
        }
    }
}

/// <summary>A watched queue into whose front messages can be put back.</summary>
public sealed class WatchedDeque : WatchedQueue, IUnboundedDequeBasedMessageQueueSemantics
{
    private readonly UnboundedDequeMessageQueue _deque;

    internal WatchedDeque(UnboundedDequeMessageQueue deque)
        : base(deque) => _deque = deque;

    /// <inheritdoc/>
    public void EnqueueFirst(Envelope envelope) => _deque.EnqueueFirst(envelope);
}
