using System.Collections.Immutable;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>The latest messages that reached nobody, and those who want to hear of each. Bounded; a text is made only of those that are kept.</summary>
public sealed class DeadLetterBoard
{
    private const int MostKept = 100;

    private readonly Lock _lock = new();
    private readonly Queue<DeadLetterResource> _latest = new();
    private ImmutableArray<MessageTap> _taps = [];
    private long _total;

    /// <summary>How many there were since the agent was started.</summary>
    public long Total => Volatile.Read(ref _total);

    /// <summary>The latest, the oldest of them first.</summary>
    public DeadLetterListResource Read()
    {
        lock (_lock)
        {
            return new([.. _latest], _total);
        }
    }

    internal void Add(DeadLetterResource letter)
    {
        ImmutableArray<MessageTap> taps;
        lock (_lock)
        {
            if (_latest.Count >= MostKept)
            {
                _latest.Dequeue();
            }

            _latest.Enqueue(letter);
            _total++;
            taps = _taps;
        }

        foreach (var tap in taps)
        {
            tap.Offer(new(letter.At, "dead-letter", letter, null));
        }
    }

    internal void Attach(MessageTap tap)
    {
        lock (_lock)
        {
            _taps = _taps.Add(tap);
        }
    }

    internal void Detach(MessageTap tap)
    {
        lock (_lock)
        {
            _taps = _taps.Remove(tap);
        }
    }
}
