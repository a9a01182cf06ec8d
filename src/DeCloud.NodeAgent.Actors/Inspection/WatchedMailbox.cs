using System.Collections.Concurrent;
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
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new WatchedQueue();
}

/// <summary>The mailbox of an actor that may put messages aside. Named in <c>hocon/core.conf</c>.</summary>
/// <param name="settings">Given by Akka.</param>
/// <param name="config">Given by Akka.</param>
public sealed class WatchedDequeMailbox(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<WatchedDeque>
{
    /// <inheritdoc/>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new WatchedDeque();
}

/// <summary>The queue of <see cref="WatchedMailbox"/>.</summary>
public sealed class WatchedQueue : IMessageQueue, IUnboundedMessageQueueSemantics, IWatched
{
    private readonly ConcurrentQueue<Envelope> _queue = new();
    private readonly MailboxWatch _watch = new();

    internal WatchedQueue()
    {
    }

    /// <inheritdoc/>
    public bool HasMessages => !_queue.IsEmpty;

    /// <inheritdoc/>
    public int Count => _queue.Count;

    MailboxWatch IWatched.Watch => _watch;

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope) => _queue.Enqueue(envelope);

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope)
    {
        if (!_queue.TryDequeue(out envelope))
        {
            return false;
        }

        _watch.Took(envelope);
        return true;
    }

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        ArgumentNullException.ThrowIfNull(deadletters);
        while (_queue.TryDequeue(out var envelope))
        {
            deadletters.Enqueue(owner, envelope);
        }
    }
}

/// <summary>The queue of <see cref="WatchedDequeMailbox"/>: only the actor itself puts messages back in front.</summary>
public sealed class WatchedDeque : IMessageQueue, IUnboundedDequeBasedMessageQueueSemantics, IWatched
{
    private readonly ConcurrentQueue<Envelope> _queue = new();
    private readonly MailboxWatch _watch = new();
    private readonly Stack<Envelope> _front = new();

    internal WatchedDeque()
    {
    }

    /// <inheritdoc/>
    public bool HasMessages => _front.Count > 0 || !_queue.IsEmpty;

    /// <inheritdoc/>
    public int Count => _front.Count + _queue.Count;

    MailboxWatch IWatched.Watch => _watch;

    /// <inheritdoc/>
    public void Enqueue(IActorRef receiver, Envelope envelope) => _queue.Enqueue(envelope);

    /// <inheritdoc/>
    public void EnqueueFirst(Envelope envelope) => _front.Push(envelope);

    /// <inheritdoc/>
    public bool TryDequeue(out Envelope envelope)
    {
        if (!_front.TryPop(out envelope) && !_queue.TryDequeue(out envelope))
        {
            return false;
        }

        _watch.Took(envelope);
        return true;
    }

    /// <inheritdoc/>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        ArgumentNullException.ThrowIfNull(deadletters);
        while (_front.TryPop(out var envelope) || _queue.TryDequeue(out envelope))
        {
            deadletters.Enqueue(owner, envelope);
        }
    }
}
