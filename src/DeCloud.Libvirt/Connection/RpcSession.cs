using System.Net.Sockets;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Connection;

/// <summary>Takes a notification of the remote program.</summary>
/// <param name="procedure">Its number.</param>
/// <param name="reader">Its payload.</param>
/// <returns>False when there is no room for it.</returns>
internal delegate bool NotificationHandler(int procedure, ref XdrReader reader);

/// <summary>
/// Calls, replies, notifications and liveness over one socket. A receive loop decodes in the order of arrival;
/// whoever has something to send while nobody sends drains the queue. No thread belongs to it.
/// </summary>
internal sealed class RpcSession : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly LibvirtConnectionOptions _options;
    private readonly NotificationHandler _notify;
    private readonly CallQueue _calls;
    private readonly KeepAliveClock _clock;
    private readonly StringCache _names = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly TaskCompletionSource<LibvirtCloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<PendingCall, CancellationToken?> _abandon;
    private Task _receiving = Task.CompletedTask;
    private ITimer? _keepAlive;
    private LibvirtCloseReason? _closeReason;
    private bool _sending;
    private bool _pingOwed;
    private bool _pongOwed;

    /// <summary>Takes over a connected socket.</summary>
    /// <param name="socket">The socket; closed with the session.</param>
    /// <param name="options">How to behave.</param>
    /// <param name="notify">Takes notifications, on the receive loop.</param>
    public RpcSession(Socket socket, LibvirtConnectionOptions options, NotificationHandler notify)
    {
        _socket = socket;
        _options = options;
        _notify = notify;
        _calls = new CallQueue(options.MaxInFlight);
        _clock = new KeepAliveClock(options.KeepAliveCount);
        _abandon = Abandon;
    }

    /// <summary>Ends when the session has ended, with the reason. Never fails.</summary>
    public Task<LibvirtCloseReason> Closed => _closed.Task;

    /// <summary>Calls given up after they were sent, and not answered yet.</summary>
    public int AbandonedCalls
    {
        get
        {
            lock (_gate)
            {
                return _calls.Abandoned;
            }
        }
    }

    /// <summary>Begins to receive.</summary>
    public void Start() => _receiving = ReceiveAllAsync();

    /// <summary>Begins to ask for signs of life.</summary>
    public void StartKeepAlive()
    {
        if (_options.KeepAliveCount == 0)
        {
            return;
        }

        lock (_gate)
        {
            if (_closeReason is null)
            {
                _keepAlive = _options.Time.CreateTimer(_ => OnKeepAlive(), null, _options.KeepAliveInterval, _options.KeepAliveInterval);
            }
        }
    }

    /// <summary>Calls a procedure.</summary>
    /// <param name="procedure">What to call.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="encode">Writes them.</param>
    /// <param name="decode">Reads the result, on the receive loop.</param>
    /// <param name="deadline">How long it may take; null for the default.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="ArgumentException">The arguments are more than the protocol can carry.</exception>
    public Task<T> CallAsync<TArguments, T>(
        Procedure procedure,
        TArguments arguments,
        XdrEncode<TArguments> encode,
        XdrDecode<T> decode,
        TimeSpan? deadline,
        CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var frame = Frame.Call(procedure, arguments, encode);
        var call = new PendingCall<T>(procedure, frame, decode, deadline ?? _options.CallDeadline);
        call.Arm(_abandon, _options.Time, cancellationToken);
        LibvirtCloseReason? closed;
        bool queued;
        lock (_gate)
        {
            closed = _closeReason;
            queued = closed is null && _calls.Enqueue(call);
        }

        if (closed is not null)
        {
            frame.Dispose();
            call.Fail(new LibvirtConnectionLostException(closed));
        }
        else if (queued)
        {
            Pump();
        }

        return call.Task;
    }

    /// <summary>Ends the session. Only the first reason counts.</summary>
    public void Close(LibvirtCloseReason reason)
    {
        List<(PendingCall Call, bool WasSent)> calls;
        lock (_gate)
        {
            if (_closeReason is not null)
            {
                return;
            }

            _closeReason = reason;
            calls = _calls.TakeAll();
            _keepAlive?.Dispose();
        }

        _stopped.Cancel();
        _socket.Dispose();
        foreach (var (call, wasSent) in calls)
        {
            if (!wasSent)
            {
                call.Frame.Dispose();
            }

            call.Fail(new LibvirtConnectionLostException(reason, wasSent));
        }

        _closed.TrySetResult(reason);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Close(new LibvirtCloseReason(LibvirtCloseKind.Disposed, "The libvirt connection was closed by this side."));
        await _receiving.ConfigureAwait(false);
        _stopped.Dispose();
    }

    private async Task ReceiveAllAsync()
    {
        using var receiver = new FrameReceiver(_socket);
        try
        {
            while (await receiver.ReceiveAsync(_stopped.Token).ConfigureAwait(false) is { } message)
            {
                if (Dispatch(message.Span) is { } reason)
                {
                    Close(reason);
                    return;
                }
            }

            Close(PeerClosed());
        }
        catch (LibvirtProtocolException exception)
        {
            Close(new LibvirtCloseReason(LibvirtCloseKind.ProtocolViolation, exception.Message, exception));
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            Close(PeerClosed(exception));
        }
        catch (Exception exception)
        {
            // Nobody awaits this loop while it runs: whatever ends it must reach the callers through the close reason.
            Close(TransportFailed(exception));
        }
    }

    private LibvirtCloseReason? Dispatch(ReadOnlySpan<byte> message)
    {
        var reader = new XdrReader(message, _names);
        var header = MessageHeader.Read(ref reader);
        switch (header)
        {
            case { Type: MessageType.Reply }:
                PendingCall? call;
                lock (_gate)
                {
                    _clock.Heard();
                    call = _calls.TakeAnswered(header);
                }

                Pump();
                call?.Complete(header.Status, ref reader);
                return null;

            case { Type: MessageType.Notification, Procedure.Program: RpcProgram.KeepAlive }:
                lock (_gate)
                {
                    _clock.Heard();
                    _pongOwed |= header.Procedure.Number == (int)KeepAliveProcedure.Ping;
                }

                Pump();
                return null;

            case { Type: MessageType.Notification }:
                lock (_gate)
                {
                    _clock.Heard();
                }

                return header.Procedure.Program != RpcProgram.Remote || _notify(header.Procedure.Number, ref reader)
                    ? null
                    : new LibvirtCloseReason(
                        LibvirtCloseKind.EventOverflow,
                        $"More than {_options.EventCapacity} libvirt events waited to be read.");

            default:
                throw new LibvirtProtocolException($"a message has the unexpected type {(int)header.Type}");
        }
    }

    private void Pump()
    {
        lock (_gate)
        {
            if (_sending || _closeReason is not null)
            {
                return;
            }

            _sending = true;
        }

        _ = SendAllAsync();
    }

    private async Task SendAllAsync()
    {
        try
        {
            while (TakeOutgoing() is { } frame)
            {
                using (frame)
                {
                    var rest = frame.Written;
                    while (rest.Length > 0)
                    {
                        var sent = await _socket.SendAsync(rest, SocketFlags.None, _stopped.Token).ConfigureAwait(false);
                        rest = rest[sent..];
                    }
                }
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
            Close(PeerClosed(exception));
        }
        catch (Exception exception)
        {
            Close(TransportFailed(exception));
        }
    }

    private XdrWriter? TakeOutgoing()
    {
        lock (_gate)
        {
            if (_closeReason is null)
            {
                if (_pongOwed)
                {
                    _pongOwed = false;
                    return Frame.KeepAlive(KeepAliveProcedure.Pong);
                }

                if (_pingOwed)
                {
                    _pingOwed = false;
                    return Frame.KeepAlive(KeepAliveProcedure.Ping);
                }

                if (_calls.TryTakeNext(out var call))
                {
                    Frame.SetSerial(call.Frame, call.Serial);
                    return call.Frame;
                }
            }

            _sending = false;
            return null;
        }
    }

    private void Abandon(PendingCall call, CancellationToken? cancelled)
    {
        CallPhase phase;
        lock (_gate)
        {
            phase = _calls.Abandon(call);
        }

        if (phase == CallPhase.Done)
        {
            return;
        }

        var wasSent = phase == CallPhase.Sent;
        if (!wasSent)
        {
            call.Frame.Dispose();
        }

        call.Fail(cancelled is { } token
            ? new OperationCanceledException(token)
            : new LibvirtTimeoutException(call.Procedure.ToString(), call.Deadline, wasSent));
    }

    private void OnKeepAlive()
    {
        KeepAliveStep step;
        lock (_gate)
        {
            step = _clock.Tick();
            _pingOwed |= step == KeepAliveStep.Ping;
        }

        switch (step)
        {
            case KeepAliveStep.Ping:
                Pump();
                break;
            case KeepAliveStep.GiveUp:
                var silence = _options.KeepAliveInterval * (_options.KeepAliveCount + 1);
                Close(new LibvirtCloseReason(
                    LibvirtCloseKind.KeepAliveTimeout,
                    $"The libvirt daemon gave no sign of life for at least {silence.TotalSeconds:0.###} s."));
                break;
        }
    }

    private static LibvirtCloseReason PeerClosed(Exception? exception = null) =>
        new(LibvirtCloseKind.PeerClosed, "The libvirt daemon closed the connection.", exception);

    private static LibvirtCloseReason TransportFailed(Exception exception) =>
        new(LibvirtCloseKind.TransportFailed, $"The connection to the libvirt daemon failed: {exception.Message}", exception);
}
