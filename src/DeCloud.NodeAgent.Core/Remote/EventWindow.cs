namespace DeCloud.NodeAgent.Core.Remote;

/// <summary>
/// How far a session's events may run ahead of the orchestrator: at most so many beyond the last acknowledged one. Credits and not Akka's reliable delivery, because that watches the other
/// side's actors, and nothing may be watched across the edge. Not for several threads at once.
/// </summary>
/// <param name="size">How many.</param>
public sealed class EventWindow(int size)
{
    private readonly Queue<long> _outstanding = new();

    /// <summary>How many more events may be sent.</summary>
    public int Free => size - _outstanding.Count;

    /// <summary>Number of the last event that was sent, from 1; 0 before.</summary>
    public long LastNumber { get; private set; }

    /// <summary>An event is sent.</summary>
    /// <param name="place">Its place in the journal.</param>
    /// <returns>Its number.</returns>
    public long Send(long place)
    {
        _outstanding.Enqueue(place);
        return ++LastNumber;
    }

    /// <summary>All events up to a place were dealt with. An acknowledgement that comes late, or twice, frees nothing.</summary>
    /// <param name="place">The place.</param>
    /// <returns>How many events were freed.</returns>
    public int Acknowledge(long place)
    {
        var freed = 0;
        while (_outstanding.TryPeek(out var oldest) && oldest <= place)
        {
            _outstanding.Dequeue();
            freed++;
        }

        return freed;
    }
}
