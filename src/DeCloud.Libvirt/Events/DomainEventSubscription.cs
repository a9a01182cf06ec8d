using System.Threading.Channels;
using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Protocol;

namespace DeCloud.Libvirt.Events;

/// <summary>Events that were asked for. Dispose it to ask the daemon to stop.</summary>
public sealed class DomainEventSubscription : IAsyncDisposable
{
    private readonly RpcCaller _rpc;
    private readonly DomainEventBuffer _buffer;
    private readonly Channel<DomainEvent> _channel;
    private readonly List<int> _registrations = [];
    private int _disposed;

    /// <summary>Reads what the buffer keeps in a channel.</summary>
    internal DomainEventSubscription(RpcCaller rpc, DomainEventBuffer buffer, Channel<DomainEvent> channel)
    {
        _rpc = rpc;
        _buffer = buffer;
        _channel = channel;
    }

    /// <summary>
    /// The events in the order in which the daemon sent them. Ends when the subscription is disposed or this side
    /// closes the connection.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading; the subscription stays.</param>
    /// <exception cref="LibvirtConnectionLostException">The connection was lost; it comes after the events that were received before.</exception>
    public IAsyncEnumerable<DomainEvent> ReadAllAsync(CancellationToken cancellationToken = default) =>
        _channel.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Asks the daemon to stop sending (procedure 317, once a kind).</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        try
        {
            foreach (var registration in _registrations)
            {
                await _rpc.CallAsync(
                    RemoteProcedure.ConnectDomainEventDeregister,
                    registration,
                    static (writer, id) => writer.Int32(id),
                    CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is LibvirtException or LibvirtTimeoutException or LibvirtConnectionLostException or LibvirtProtocolException)
        {
            // A connection that is gone has taken its registrations along.
        }
        finally
        {
            _buffer.Release(_channel);
        }
    }

    /// <summary>Remembers what to take back.</summary>
    internal void Add(int registration) => _registrations.Add(registration);
}
