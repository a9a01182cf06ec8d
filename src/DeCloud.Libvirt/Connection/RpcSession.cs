using System.Net.Sockets;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Streams;
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
    private readonly StreamTable _streams = new();
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

        return Make(new PendingCall<T>(procedure, Frame.Call(procedure, arguments, encode), decode, deadline ?? _options.CallDeadline), cancellationToken);
    }

    /// <summary>Calls a procedure that opens a stream.</summary>
    /// <param name="procedure">What to call.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="encode">Writes them.</param>
    /// <param name="capacity">Bytes of the stream that may wait to be read.</param>
    /// <param name="deadline">How long opening may take; null for the default.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task<LibvirtStream> OpenStreamAsync<TArguments>(
        Procedure procedure, TArguments arguments, XdrEncode<TArguments> encode, int capacity, TimeSpan? deadline, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var stream = new LibvirtStream(this, procedure, capacity);
        var call = new PendingCall<bool>(procedure, Frame.Call(procedure, arguments, encode), static (ref XdrReader _) => true, deadline ?? _options.CallDeadline) { Stream = stream };
        await Make(call, cancellationToken).ConfigureAwait(false);
        return stream;
    }

    /// <summary>Sends a packet of a stream.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="status">What the packet is.</param>
    /// <param name="data">What it carries.</param>
    /// <returns>Ends when the socket has taken the packet.</returns>
    public Task SendAsync(LibvirtStream stream, MessageStatus status, ReadOnlySpan<byte> data)
    {
        var frame = Frame.Stream(stream.Procedure, stream.Serial, status, data);
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LibvirtCloseReason? closed;
        lock (_gate)
        {
            closed = _closeReason;
            if (closed is null)
            {
                _streams.Send(new(frame, sent));
            }
        }

        if (closed is not null)
        {
            frame.Dispose();
            return Task.FromException(new LibvirtConnectionLostException(closed));
        }

        Pump();
        return sent.Task;
    }

    private Task<T> Make<T>(PendingCall<T> call, CancellationToken cancellationToken) =>
        CallInstruments.AreHeard ? ObserveAsync(call, cancellationToken) : Begin(call, cancellationToken);

    private async Task<T> ObserveAsync<T>(PendingCall<T> call, CancellationToken cancellationToken)
    {
        var began = _options.Time.GetTimestamp();
        using var span = CallInstruments.StartSpan(call.Procedure);
        try
        {
            var result = await Begin(call, cancellationToken).ConfigureAwait(false);
            CallInstruments.Record(call.Procedure, _options.Time.GetElapsedTime(began));
            return result;
        }
        catch (Exception exception)
        {
            CallInstruments.Record(call.Procedure, _options.Time.GetElapsedTime(began), exception, span);
            throw;
        }
    }

    private Task<T> Begin<T>(PendingCall<T> call, CancellationToken cancellationToken)
    {
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
            call.Frame.Dispose();
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
        (IReadOnlyList<LibvirtStream> Open, IReadOnlyList<OutgoingFrame> Unsent) streams;
        lock (_gate)
        {
            if (_closeReason is not null)
            {
                return;
            }

            _closeReason = reason;
            calls = _calls.TakeAll();
            streams = _streams.TakeAll();
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

        var lost = new LibvirtConnectionLostException(reason);
        foreach (var frame in streams.Unsent)
        {
            frame.Drop(lost);
        }

        foreach (var stream in streams.Open)
        {
            stream.End(lost);
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
                    _streams.Answered(header, isWanted: call is not null);
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

            case { Type: MessageType.Stream }:
                LibvirtStream? stream;
                lock (_gate)
                {
                    _clock.Heard();
                    stream = _streams.Find(header);
                }

                stream.Take(header.Status, ref reader);
                return null;

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
            while (TakeOutgoing() is { } outgoing)
            {
                try
                {
                    var rest = outgoing.Frame.Written;
                    while (rest.Length > 0)
                    {
                        var sent = await _socket.SendAsync(rest, SocketFlags.None, _stopped.Token).ConfigureAwait(false);
                        rest = rest[sent..];
                    }

                    outgoing.Done();
                }
                catch (Exception exception)
                {
                    outgoing.Drop(_closeReason is { } reason ? new LibvirtConnectionLostException(reason, wasSent: true) : exception);
                    throw;
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

    private OutgoingFrame? TakeOutgoing()
    {
        lock (_gate)
        {
            if (_closeReason is null)
            {
                if (_pongOwed)
                {
                    _pongOwed = false;
                    return new(Frame.KeepAlive(KeepAliveProcedure.Pong));
                }

                if (_pingOwed)
                {
                    _pingOwed = false;
                    return new(Frame.KeepAlive(KeepAliveProcedure.Ping));
                }

                if (_streams.TryTakeNext(out var packet))
                {
                    return packet;
                }

                if (_calls.TryTakeNext(out var call))
                {
                    Frame.SetSerial(call.Frame, call.Serial);
                    if (call.Stream is { } opened)
                    {
                        // Before the reply, which the first packet may follow at once.
                        opened.Serial = call.Serial;
                        _streams.Add(opened);
                    }

                    return new(call.Frame);
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
