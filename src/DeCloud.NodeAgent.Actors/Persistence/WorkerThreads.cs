namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>
/// A few threads for calls that block, such as SQLite's: neither actors nor requests lend it theirs. A thread starts when there is work for it and ends when there was none for a while.
/// </summary>
/// <param name="name">The threads' name.</param>
/// <param name="most">How many run at a time.</param>
internal sealed class WorkerThreads(string name, int most)
{
    /// <summary>What the threads run is shallow; the default of 8 MiB only makes the address space large.</summary>
    private const int StackBytes = 512 * 1024;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private readonly object _gate = new();
    private readonly Queue<Action> _work = new();
    private int _running;
    private int _resting;

    /// <summary>Runs work on one of the threads, in the order of calls. With a single thread each piece begins when the one before has ended.</summary>
    /// <param name="work">What blocks.</param>
    /// <param name="cancellation">Ends the wait. Work that has not begun is left out then; work that has begun goes on.</param>
    /// <param name="goOnHere">Whether what follows goes on in the work's thread, which saves waking another; it must be short and must not block.</param>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellation, bool goOnHere = false)
    {
        var done = new TaskCompletionSource<T>(goOnHere ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        Enqueue(() =>
        {
            if (cancellation.IsCancellationRequested)
            {
                done.SetCanceled(cancellation);
                return;
            }

            try
            {
                done.SetResult(work());
            }
#pragma warning disable CA1031 // Whoever waits is told; the thread must go on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                done.SetException(e);
            }
        });
        return done.Task.WaitAsync(cancellation);
    }

    private void Enqueue(Action work)
    {
        lock (_gate)
        {
            _work.Enqueue(work);
            if (_work.Count > _resting && _running < most)
            {
                new Thread(Run, StackBytes) { IsBackground = true, Name = name }.Start();
                _running++;
            }

            Monitor.Pulse(_gate);
        }
    }

    private void Run()
    {
        while (Next() is { } work)
        {
            work();
        }
    }

    private Action? Next()
    {
        lock (_gate)
        {
            while (_work.Count == 0)
            {
                _resting++;
                var isWoken = Monitor.Wait(_gate, Rest);
                _resting--;
                if (!isWoken && _work.Count == 0)
                {
                    _running--;
                    return null;
                }
            }

            return _work.Dequeue();
        }
    }
}
