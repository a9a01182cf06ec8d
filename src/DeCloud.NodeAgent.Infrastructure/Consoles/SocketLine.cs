using System.Net.Sockets;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Infrastructure.Consoles;

/// <summary>A line to a VM's screen: the Unix socket of QEMU's VNC server, which waits for slow viewers by itself and never makes its guest wait.</summary>
public sealed class SocketLine : IConsoleLine
{
    private static readonly TimeSpan ConnectDeadline = TimeSpan.FromSeconds(5);
    private readonly Socket _socket;

    private SocketLine(Socket socket) => _socket = socket;

    /// <summary>Connects.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="FailureException">Nobody listens there.</exception>
    public static async Task<SocketLine> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(ConnectDeadline);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token).ConfigureAwait(false);
            return new(socket);
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw e is SocketException or ArgumentException ? FailureException.Transient(FailureCodes.HostError, $"The VM's screen can't be reached: {e.Message}", e) : e;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer, cancellation).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        try
        {
            while (!data.IsEmpty)
            {
                data = data[await _socket.SendAsync(data, cancellation).ConfigureAwait(false)..];
            }
        }
        catch (SocketException e)
        {
            throw FailureException.Transient(FailureCodes.VmNotRunning, "The VM's screen is gone.", e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }
}
