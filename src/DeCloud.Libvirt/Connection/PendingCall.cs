using DeCloud.Libvirt.Errors;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Streams;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Connection;

/// <summary>Where a call is on its way. Changed only under the session's lock.</summary>
internal enum CallPhase
{
    /// <summary>Not yet in the queue.</summary>
    New,

    /// <summary>Waits for its turn.</summary>
    Queued,

    /// <summary>Handed to the socket; the daemon may act on it.</summary>
    Sent,

    /// <summary>Sent, and nobody waits for the reply any more.</summary>
    Abandoned,

    /// <summary>Over.</summary>
    Done,
}

/// <summary>A call that was asked for and has not ended.</summary>
/// <param name="procedure">What is called.</param>
/// <param name="frame">The encoded call. Belongs to the queue until the call is sent, then to the sender.</param>
/// <param name="deadline">How long it may take, waiting included.</param>
internal abstract class PendingCall(Procedure procedure, XdrWriter frame, TimeSpan deadline)
{
    private ITimer? _timer;
    private CancellationTokenRegistration _cancellation;

    /// <summary>What is called.</summary>
    public Procedure Procedure { get; } = procedure;

    /// <summary>The encoded call.</summary>
    public XdrWriter Frame { get; } = frame;

    /// <summary>How long it may take.</summary>
    public TimeSpan Deadline { get; } = deadline;

    /// <summary>Where it is on its way.</summary>
    public CallPhase Phase { get; set; }

    /// <summary>Ties the reply to it; 0 before it is sent.</summary>
    public uint Serial { get; set; }

    /// <summary>The stream that it opens; null for most.</summary>
    public LibvirtStream? Stream { get; init; }

    /// <summary>Its place in the queue.</summary>
    public LinkedListNode<PendingCall>? Place { get; set; }

    /// <summary>Whether the caller has its answer.</summary>
    protected abstract bool IsSettled { get; }

    /// <summary>Starts the deadline and follows the caller's cancellation.</summary>
    /// <param name="abandon">Called at the deadline (with no token) or on cancellation (with the token).</param>
    /// <param name="time">Where time comes from.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public void Arm(Action<PendingCall, CancellationToken?> abandon, TimeProvider time, CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(_ => abandon(this, null), null, Deadline, Timeout.InfiniteTimeSpan);
        _cancellation = cancellationToken.UnsafeRegister((_, token) => abandon(this, token), null);

        // The deadline may have passed, or the caller cancelled, before both were in place.
        if (IsSettled)
        {
            Disarm();
        }
    }

    /// <summary>Settles the call from its reply.</summary>
    /// <exception cref="LibvirtProtocolException">The reply is not one; the caller is told the same.</exception>
    public abstract void Complete(MessageStatus status, ref XdrReader reader);

    /// <summary>Settles the call with an error.</summary>
    public abstract void Fail(Exception exception);

    /// <summary>Stops the deadline and no longer follows the cancellation.</summary>
    protected void Disarm()
    {
        _timer?.Dispose();
        _cancellation.Unregister();
    }
}

/// <summary>A call whose reply is a <typeparamref name="T"/>.</summary>
/// <typeparam name="T">The result.</typeparam>
/// <param name="procedure">What is called.</param>
/// <param name="frame">The encoded call.</param>
/// <param name="decode">Reads the result.</param>
/// <param name="deadline">How long it may take.</param>
internal sealed class PendingCall<T>(Procedure procedure, XdrWriter frame, XdrDecode<T> decode, TimeSpan deadline)
    : PendingCall(procedure, frame, deadline)
{
    // A caller's continuation must never run on the receive loop.
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The result.</summary>
    public Task<T> Task => _result.Task;

    /// <inheritdoc/>
    protected override bool IsSettled => _result.Task.IsCompleted;

    /// <inheritdoc/>
    public override void Complete(MessageStatus status, ref XdrReader reader)
    {
        try
        {
            switch (status)
            {
                case MessageStatus.Ok:
                    var value = decode(ref reader);
                    reader.EnsureEnd();
                    _result.TrySetResult(value);
                    break;
                case MessageStatus.Error:
                    var error = RemoteError.Read(ref reader);
                    reader.EnsureEnd();
                    _result.TrySetException(error);
                    break;
                default:
                    throw new LibvirtProtocolException($"the reply to {Procedure} has status {(int)status}");
            }

            Disarm();
        }
        catch (Exception exception)
        {
            Fail(exception);
            throw;
        }
    }

    /// <inheritdoc/>
    public override void Fail(Exception exception)
    {
        if (exception is OperationCanceledException cancelled)
        {
            _result.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            _result.TrySetException(exception);
        }

        Disarm();
    }
}
