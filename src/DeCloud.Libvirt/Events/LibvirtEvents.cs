using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Events;

/// <summary>What happens to domains, as it happens.</summary>
public sealed class LibvirtEvents
{
    private readonly RpcCaller _rpc;
    private readonly DomainEventBuffer _buffer;

    /// <summary>Subscribes through a caller and reads from a buffer.</summary>
    internal LibvirtEvents(RpcCaller rpc, DomainEventBuffer buffer)
    {
        _rpc = rpc;
        _buffer = buffer;
    }

    /// <summary>
    /// Asks for the events of all domains (procedure 316, once a kind). A connection has one subscription at a time.
    /// When this returns, nothing that happens from then on is missed, until the connection ends. When it was given up
    /// halfway, by deadline or cancellation, the daemon may have registered more than this side knows of: dispose the
    /// connection then.
    /// </summary>
    /// <param name="kinds">Which kinds. The driver must have them all; the test driver, for one, has few.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">There is a subscription already.</exception>
    public async Task<DomainEventSubscription> SubscribeAsync(DomainEventKinds kinds, CancellationToken cancellationToken = default)
    {
        // The daemon may send an event before its reply to the registration, so the buffer stands first.
        var subscription = new DomainEventSubscription(_rpc, _buffer, _buffer.Open());
        try
        {
            foreach (var id in EventWire.IdsOf(kinds))
            {
                subscription.Add(await _rpc.CallAsync(
                    RemoteProcedure.ConnectDomainEventRegister,
                    id,
                    static (writer, kind) => writer.Int32(kind).Presence(false),
                    static (ref XdrReader reader) => reader.ReadInt32(),
                    cancellationToken).ConfigureAwait(false));
            }

            return subscription;
        }
        catch
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
