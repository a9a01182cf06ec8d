using System.Net.Sockets;

namespace DeCloud.Libvirt.Connection;

/// <summary>Finds the daemon that answers.</summary>
internal static class DaemonSocket
{
    /// <summary>
    /// Connects to the first path that accepts. A socket file proves nothing (it outlives its daemon, and a socket
    /// unit starts the daemon only on connection), so only connecting decides.
    /// </summary>
    /// <param name="paths">Paths to try, in order.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LibvirtConnectionLostException">None accepts.</exception>
    public static async Task<(Socket Socket, string Path)> ConnectAsync(IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var problems = new List<string>(paths.Count);
        SocketException? last = null;
        foreach (var path in paths)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
                return (socket, path);
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                last = exception;
                problems.Add($"{path}: {exception.Message}");
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new LibvirtConnectionLostException(new LibvirtCloseReason(
            LibvirtCloseKind.Unreachable, $"No libvirt daemon accepts a connection ({string.Join("; ", problems)}).", last));
    }
}
