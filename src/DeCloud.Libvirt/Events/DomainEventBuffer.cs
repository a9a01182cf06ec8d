using System.Threading.Channels;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Events;

/// <summary>
/// Where events wait between the receive loop and their one reader, in the order of arrival. Bounded; when it is full
/// the connection ends, because a reader that missed an event must look at everything anew anyway.
/// </summary>
/// <param name="capacity">Events that may wait.</param>
internal sealed class DomainEventBuffer(int capacity)
{
    private readonly Lock _gate = new();
    private Channel<DomainEvent>? _open;
    private LibvirtCloseReason? _ended;

    /// <summary>Begins to keep events for a reader.</summary>
    /// <exception cref="InvalidOperationException">There is a reader.</exception>
    /// <exception cref="LibvirtConnectionLostException">The connection has ended.</exception>
    public Channel<DomainEvent> Open()
    {
        lock (_gate)
        {
            if (_ended is { } reason)
            {
                throw new LibvirtConnectionLostException(reason);
            }

            if (_open is not null)
            {
                throw new InvalidOperationException("This connection's events have a reader already.");
            }

            _open = Channel.CreateBounded<DomainEvent>(new BoundedChannelOptions(capacity) { SingleWriter = true });
            return _open;
        }
    }

    /// <summary>The reader has gone.</summary>
    public void Release(Channel<DomainEvent> channel)
    {
        lock (_gate)
        {
            if (_open == channel)
            {
                _open = null;
            }
        }

        channel.Writer.TryComplete();
    }

    /// <summary>Keeps an event; false when there is no room. Without a reader events pass by.</summary>
    public bool Take(int procedure, ref XdrReader reader)
    {
        Channel<DomainEvent>? open;
        lock (_gate)
        {
            open = _open;
        }

        if (open is null || EventWire.Read((EventProcedure)procedure, ref reader) is not { } happened)
        {
            return true;
        }

        // A reader that left in this moment has completed its channel: then there is nobody to miss the event.
        return open.Writer.TryWrite(happened) || !ReferenceEquals(open, Current());
    }

    /// <summary>Tells the reader when the connection ends: with an error, unless this side closed it.</summary>
    public void EndWith(Task<LibvirtCloseReason> closed) => _ = EndAsync(closed);

    private Channel<DomainEvent>? Current()
    {
        lock (_gate)
        {
            return _open;
        }
    }

    private async Task EndAsync(Task<LibvirtCloseReason> closed)
    {
        var reason = await closed.ConfigureAwait(false);
        Channel<DomainEvent>? open;
        lock (_gate)
        {
            _ended = reason;
            open = _open;
        }

        open?.Writer.TryComplete(reason.Kind == LibvirtCloseKind.Disposed ? null : new LibvirtConnectionLostException(reason));
    }
}
