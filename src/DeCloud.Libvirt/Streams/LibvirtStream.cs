using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Errors;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Streams;

/// <summary>
/// Bytes in both directions between this side and something of a domain (<c>virStream</c>). One may read and one may write at a time. The protocol has no flow control of its own: what the daemon
/// sends and nobody reads waits here up to a bound, and what this side sends and the domain does not take waits in the daemon, which then stops reading all of the connection. So a stream that a
/// person or a tenant is at the other end of belongs on a connection of its own.
/// </summary>
public sealed class LibvirtStream : IAsyncDisposable
{
    private static readonly TimeSpan FarewellDeadline = TimeSpan.FromSeconds(1);

    private readonly RpcSession _session;
    private readonly StreamInbox _inbox;
    private readonly int _capacity;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly TaskCompletionSource<Exception?> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isClosing;

    /// <summary>A stream that its call is about to open.</summary>
    internal LibvirtStream(RpcSession session, Procedure procedure, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _session = session;
        Procedure = procedure;
        _capacity = capacity;
        _inbox = new(capacity);
    }

    /// <summary>What opened it.</summary>
    internal Procedure Procedure { get; }

    /// <summary>The serial of the call that opened it; 0 before that is sent.</summary>
    internal uint Serial { get; set; }

    /// <summary>Whether nobody wants what still comes.</summary>
    internal bool IsGivenUp { get; set; }

    /// <summary>Reads what has come, or waits for something to come.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="cancellationToken">Gives up; nothing is lost.</param>
    /// <returns>Bytes read; 0 at the end of the stream.</returns>
    /// <exception cref="LibvirtException">The daemon ended the stream with an error, such as that the domain is gone.</exception>
    /// <exception cref="LibvirtStreamOverrunException">More came than may wait.</exception>
    /// <exception cref="LibvirtConnectionLostException">The connection ended.</exception>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _inbox.ReadAsync(buffer, cancellationToken);

    /// <summary>Writes bytes. Returns when the socket has taken them, which says nothing of the domain.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="cancellationToken">Gives up waiting; some of the bytes may have been or be sent.</param>
    /// <exception cref="LibvirtConnectionLostException">The connection ended.</exception>
    /// <exception cref="InvalidOperationException">The stream has ended.</exception>
    public async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        while (!data.IsEmpty)
        {
            await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_ended.Task.IsCompleted || Volatile.Read(ref _isClosing) != 0)
            {
                _writing.Release();
                throw new InvalidOperationException("The libvirt stream has ended.");
            }

            var packet = data[..Math.Min(data.Length, ProtocolLimits.StreamPacket)];
            var sent = _session.SendAsync(this, MessageStatus.Continue, packet.Span);

            // Whoever gives up waiting does not take the packet back, and the next may follow only behind it.
            _ = sent.ContinueWith(static (task, turn) => ((SemaphoreSlim)turn!).Release(), _writing, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await sent.WaitAsync(cancellationToken).ConfigureAwait(false);
            data = data[packet.Length..];
        }
    }

    /// <summary>Says that this side is done, and waits until the daemon agrees: what was written has been taken then.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="LibvirtException">The daemon says that not everything was taken.</exception>
    /// <exception cref="LibvirtConnectionLostException">The connection ended.</exception>
    public async Task FinishAsync(CancellationToken cancellationToken = default)
    {
        await CloseAsync(MessageStatus.Ok).WaitAsync(cancellationToken).ConfigureAwait(false);
        if (await _ended.Task.WaitAsync(cancellationToken).ConfigureAwait(false) is { } cause)
        {
            throw cause;
        }
    }

    /// <summary>Gives the stream up, unless it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        IsGivenUp = true;
        if (_ended.Task.IsCompleted)
        {
            return;
        }

        try
        {
            await CloseAsync(MessageStatus.Error).WaitAsync(FarewellDeadline).ConfigureAwait(false);
            await _ended.Task.WaitAsync(FarewellDeadline).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or IOException or System.Net.Sockets.SocketException or OperationCanceledException)
        {
            // A daemon that does not answer keeps its end until the connection ends, and nobody reads this one.
        }
    }

    /// <summary>Takes a packet, on the receive loop.</summary>
    /// <exception cref="LibvirtProtocolException">It is none.</exception>
    internal void Take(MessageStatus status, ref XdrReader reader)
    {
        switch (status)
        {
            case MessageStatus.Continue when reader.Remaining == 0:
                _inbox.End(null);
                break;
            case MessageStatus.Continue when IsGivenUp:
                break;
            case MessageStatus.Continue:
                if (!_inbox.TryAdd(reader.ReadRest()))
                {
                    IsGivenUp = true;
                    _inbox.End(new LibvirtStreamOverrunException(_capacity));
                    _ = CloseAsync(MessageStatus.Error);
                }

                break;
            case MessageStatus.Ok:
                reader.EnsureEnd();
                End(null);
                break;
            case MessageStatus.Error:
                var error = RemoteError.Read(ref reader);
                reader.EnsureEnd();
                End(error);
                break;
            default:
                throw new LibvirtProtocolException($"a packet of the stream of {Procedure} has status {(int)status}");
        }
    }

    /// <summary>Nothing more comes or goes.</summary>
    /// <param name="cause">Why, when it is no end that was asked for.</param>
    internal void End(Exception? cause)
    {
        _inbox.End(cause);
        _ended.TrySetResult(cause);
    }

    private Task CloseAsync(MessageStatus how)
    {
        if (Interlocked.Exchange(ref _isClosing, 1) != 0)
        {
            return Task.CompletedTask;
        }

        var sent = _session.SendAsync(this, how, []);

        // That the connection is gone is told by the end of the stream.
        _ = sent.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return sent;
    }
}
