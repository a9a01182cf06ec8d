namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>Wakes those who wait for new events in the journal. Any number of writes wake a waiter once; nobody polls.</summary>
public sealed class JournalSignal
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes at the next write after this property was read.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Something was written.</summary>
    internal void Set() =>
        Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
}
