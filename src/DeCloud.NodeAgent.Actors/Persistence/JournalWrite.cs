namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>Statements that are stored together or not at all, and what became of them.</summary>
/// <param name="statements">What to store; none only asks whether the writer is at work.</param>
/// <param name="cancellation">Takes the write back as long as it waits for its turn.</param>
internal sealed class JournalWrite(IReadOnlyList<JournalStatement> statements, CancellationToken cancellation)
{
    private readonly TaskCompletionSource<JournalException?> _decided = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What to store.</summary>
    public IReadOnlyList<JournalStatement> Statements => statements;

    /// <summary>Whether nobody wants it any more.</summary>
    public bool IsTakenBack => cancellation.IsCancellationRequested;

    /// <summary>Null once it is on the disk, or why it is not. Never fails, and is not cancelled: it says what happened, not how long somebody waited.</summary>
    public Task<JournalException?> Decided => _decided.Task;

    /// <summary>What the database has against this write alone, while its transaction goes on.</summary>
    public JournalException? Fault { get; set; }

    /// <summary>Decides it.</summary>
    public void Decide(JournalException? fault) => _decided.TrySetResult(fault);
}
