using System.Net.Sockets;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>Hears of every change of the ruleset of this network namespace, whoever makes it. What changed is not told, only that something did.</summary>
internal sealed class RulesetWatch : IDisposable
{
    private readonly Socket _socket = NetlinkSocket.OpenWatch();
    private readonly byte[] _none = new byte[1];

    /// <summary>Completes at the next change after the last call, be it in the past already.</summary>
    public async Task NextAsync(CancellationToken cancellation)
    {
        try
        {
            // What is told does not fit into the buffer and is cut off, which spares reading it.
            await _socket.ReceiveAsync(_none, SocketFlags.None, cancellation).ConfigureAwait(false);
        }
        catch (SocketException lost) when (lost.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            // More changes than the kernel keeps for us: that something changed is all that is asked.
        }
    }

    /// <summary>Forgets what has been told so far.</summary>
    public void Drain()
    {
        while (_socket.Poll(0, SelectMode.SelectRead))
        {
            try
            {
                _socket.Receive(_none);
            }
            catch (SocketException lost) when (lost.SocketErrorCode is SocketError.NoBufferSpaceAvailable or SocketError.WouldBlock)
            {
                // What was lost is no news either.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
