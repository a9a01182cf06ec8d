using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Events;
using DeCloud.Libvirt.Host;
using DeCloud.Libvirt.Networks;
using DeCloud.Libvirt.Protocol;

namespace DeCloud.Libvirt;

/// <summary>
/// A connection to a libvirt daemon on this machine, spoken in libvirt's remote protocol over its Unix socket. All
/// members may be used from any thread at any time. A connection that has ended never comes back: see
/// <see cref="Closed"/> and open another.
/// </summary>
/// <remarks>
/// Every call ends by its deadline, whatever the daemon does. Calls throw <see cref="LibvirtException"/> (the daemon
/// says no), <see cref="LibvirtTimeoutException"/>, <see cref="LibvirtConnectionLostException"/>,
/// <see cref="LibvirtProtocolException"/>, <see cref="OperationCanceledException"/>, and, before anything is sent,
/// <see cref="ArgumentException"/>. A call cancelled before its turn is never sent.
/// </remarks>
public sealed class LibvirtConnection : IAsyncDisposable
{
    private static readonly TimeSpan FarewellDeadline = TimeSpan.FromSeconds(1);

    private readonly RpcSession _session;
    private int _disposed;

    private LibvirtConnection(RpcSession session, DomainEventBuffer events, LibvirtUri uri, string socketPath)
    {
        _session = session;
        Uri = uri;
        SocketPath = socketPath;
        var caller = new RpcCaller(session, null);
        Domains = new LibvirtDomains(caller);
        Networks = new LibvirtNetworks(caller);
        Host = new LibvirtHost(caller);
        Events = new LibvirtEvents(caller, events);
    }

    /// <summary>What was opened.</summary>
    public LibvirtUri Uri { get; }

    /// <summary>The daemon's socket.</summary>
    public string SocketPath { get; }

    /// <summary>Virtual machines.</summary>
    public LibvirtDomains Domains { get; }

    /// <summary>Virtual networks.</summary>
    public LibvirtNetworks Networks { get; }

    /// <summary>The machine, its hypervisor and the daemon.</summary>
    public LibvirtHost Host { get; }

    /// <summary>What happens to domains, as it happens.</summary>
    public LibvirtEvents Events { get; }

    /// <summary>Ends when the connection has ended, with the reason. Never fails and is never cancelled.</summary>
    public Task<LibvirtCloseReason> Closed => _session.Closed;

    /// <summary>
    /// Calls that ended by deadline or cancellation after they were sent and that the daemon has not answered. Each
    /// keeps one of <see cref="LibvirtConnectionOptions.MaxInFlight"/> places. When all places are kept so, only a
    /// new connection gets further.
    /// </summary>
    public int AbandonedCalls => _session.AbandonedCalls;

    /// <summary>Connects, authenticates and opens a driver.</summary>
    /// <param name="uri">Which driver of which daemon.</param>
    /// <param name="options">How the connection behaves; null for the defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LibvirtConnectionLostException">No daemon accepts, or it hangs up.</exception>
    /// <exception cref="LibvirtAuthenticationException">The daemon asks for what this client does not do, or refuses.</exception>
    /// <exception cref="LibvirtTimeoutException">It took longer than <see cref="LibvirtConnectionOptions.ConnectDeadline"/>.</exception>
    /// <exception cref="LibvirtException">The daemon cannot open the driver.</exception>
    /// <exception cref="LibvirtProtocolException">What answers does not speak the protocol.</exception>
    public static async Task<LibvirtConnection> ConnectAsync(
        LibvirtUri uri, LibvirtConnectionOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(uri);
        options ??= new LibvirtConnectionOptions();
        options.Validate();
        using var limit = new CancellationTokenSource(options.ConnectDeadline, options.Time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await OpenAsync(uri, options, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new LibvirtTimeoutException("Connect", options.ConnectDeadline, wasSent: true);
        }
    }

    /// <summary>Says goodbye and closes. Calls under way end with <see cref="LibvirtConnectionLostException"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0 && !Closed.IsCompleted)
        {
            await SayGoodbyeAsync().ConfigureAwait(false);
        }

        await _session.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<LibvirtConnection> OpenAsync(LibvirtUri uri, LibvirtConnectionOptions options, CancellationToken cancellationToken)
    {
        var (socket, path) = await DaemonSocket.ConnectAsync(uri.SocketCandidates, cancellationToken).ConfigureAwait(false);
        var events = new DomainEventBuffer(options.EventCapacity);
        var session = new RpcSession(socket, options, events.Take);
        events.EndWith(session.Closed);
        session.Start();
        try
        {
            await Handshake.RunAsync(new RpcCaller(session, options.ConnectDeadline), uri, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        session.StartKeepAlive();
        return new LibvirtConnection(session, events, uri, path);
    }

    // A client that just hangs up leaves an error line in the daemon's log.
    private async Task SayGoodbyeAsync()
    {
        try
        {
            await new RpcCaller(_session, FarewellDeadline)
                .CallAsync(RemoteProcedure.ConnectClose, static (ref Xdr.XdrReader _) => true, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is LibvirtException or LibvirtTimeoutException or LibvirtConnectionLostException or LibvirtProtocolException)
        {
            // It closes either way.
        }
    }
}
