using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using DeCloud.NodeAgent.Core.Node;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Vnc;

/// <summary>A port that waits for one viewer.</summary>
/// <param name="Port">The TCP port on the IPv4 loopback address.</param>
/// <param name="ExpiresAt">Until when the viewer may connect.</param>
public sealed record RelayPort(int Port, DateTimeOffset ExpiresAt);

/// <summary>
/// Leads VNC viewers, which know only TCP, to the Unix sockets of VMs: each port takes one viewer of this machine, and is closed behind it.
/// </summary>
public sealed partial class LoopbackRelay : IAsyncDisposable
{
    private const int BufferBytes = 32 * 1024;
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<int, Task> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly ILogger<LoopbackRelay> _log;
    private readonly TimeSpan _patience;
    private readonly int _most;
    private int _places;

    /// <summary>Makes a relay.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where failures of viewers are noted.</param>
    /// <param name="patience">How long a port waits for its viewer; a minute when null.</param>
    /// <param name="most">How many ports and viewers there may be at once.</param>
    public LoopbackRelay(TimeProvider time, ILogger<LoopbackRelay> log, TimeSpan? patience = null, int most = 32)
    {
        _time = time;
        _log = log;
        _patience = patience ?? TimeSpan.FromMinutes(1);
        _most = most;
    }

    /// <summary>How many ports and viewers there are.</summary>
    public int Count => _open.Count;

    /// <summary>Opens a port for one viewer.</summary>
    /// <param name="socketPath">The Unix socket that it leads to.</param>
    /// <returns>The port, or null when there are too many already.</returns>
    /// <exception cref="FailureException">The path is too long for a socket, or the host has no port left.</exception>
    public RelayPort? Open(string socketPath)
    {
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
        if (Interlocked.Increment(ref _places) > _most)
        {
            Interlocked.Decrement(ref _places);
            return null;
        }

        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            var target = new UnixDomainSocketEndPoint(socketPath);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            listener.Listen(1);
            var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            var expires = _time.GetUtcNow() + _patience;
            var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _open[port] = RunAsync(port, listener, target, start.Task);
            start.SetResult();
            return new(port, expires);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            listener.Dispose();
            Interlocked.Decrement(ref _places);
            throw FailureException.Transient(FailureCodes.HostError, $"No port could be opened for a viewer: {e.Message}", e);
        }
    }

    /// <summary>Closes every port and cuts every viewer off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_open.Values).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(int port, Socket listener, UnixDomainSocketEndPoint target, Task start)
    {
        // Not before the port is in the table, from which the end of this removes it.
        await start.ConfigureAwait(false);
        try
        {
            using var viewer = await AcceptAsync(listener).ConfigureAwait(false);
            using var vm = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await ConnectAsync(vm, target).ConfigureAwait(false);
            await RelayAsync(viewer, vm).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            LogUnused(_log, port);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            LogBroken(_log, port, e.Message);
        }
        finally
        {
            listener.Dispose();
            _open.TryRemove(port, out _);
            Interlocked.Decrement(ref _places);
        }
    }

    private async Task<Socket> AcceptAsync(Socket listener)
    {
        using var deadline = new CancellationTokenSource(_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        var viewer = await listener.AcceptAsync(either.Token).ConfigureAwait(false);

        // From here on nobody else gets in.
        listener.Dispose();
        viewer.NoDelay = true;
        return viewer;
    }

    private async Task ConnectAsync(Socket vm, UnixDomainSocketEndPoint target)
    {
        using var deadline = new CancellationTokenSource(ConnectDeadline, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stop.Token);
        await vm.ConnectAsync(target, either.Token).ConfigureAwait(false);
    }

    private async Task RelayAsync(Socket viewer, Socket vm)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var (up, down) = (CopyAsync(viewer, vm, end.Token), CopyAsync(vm, viewer, end.Token));
        await Task.WhenAny(up, down).ConfigureAwait(false);

        // VNC has no half-closed connections: when one side is gone, so is the session.
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(up, down).ConfigureAwait(false);
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellation)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var count)
            {
                for (var sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), cancellation).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Either side may go at any time.
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "The port {Port} was closed without a viewer")]
    private static partial void LogUnused(ILogger log, int port);

    [LoggerMessage(2, LogLevel.Warning, "The viewer at port {Port} could not be led to its VM: {Reason}")]
    private static partial void LogBroken(ILogger log, int port, string reason);
}
