namespace DeCloud.NodeAgent.Api.Requests;

/// <summary>Ends a request's work when its client is gone or when it takes too long; the latter is answered with 504.</summary>
internal static class Deadline
{
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(10);

    /// <summary>For reading from disk or journal.</summary>
    public static CancellationTokenSource ForRead(HttpContext http)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        deadline.CancelAfter(ReadDeadline);
        return deadline;
    }
}
