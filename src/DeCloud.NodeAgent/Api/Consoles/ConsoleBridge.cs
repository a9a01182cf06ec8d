using System.Net.WebSockets;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Api.Consoles;

/// <summary>
/// Leads bytes between a WebSocket and a VM's console, unchanged and in binary messages of any size. Keeps one buffer a direction; a client that does not read is sent away, because a VM never
/// waits for whoever looks at it.
/// </summary>
internal sealed class ConsoleBridge(WebSocket client, IConsoleLine line, TimeProvider time)
{
    private const int BufferBytes = 16 * 1024;
    private static readonly TimeSpan FarewellDeadline = TimeSpan.FromSeconds(2);

    /// <summary>How long one message may take to be taken, by the client or the VM.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Leads bytes until one side ends or somebody says so; then tells the client why.</summary>
    /// <param name="sentAway">Ends when the client must go.</param>
    /// <param name="stopping">The agent stops.</param>
    public async Task<ConsoleEnd> RunAsync(Task<ConsoleEnd> sentAway, CancellationToken stopping)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var down = FromVmAsync(over.Token);
        var up = FromClientAsync(over.Token);
        var stop = Task.Delay(Timeout.InfiniteTimeSpan, time, over.Token);
        var first = await Task.WhenAny(down, up, sentAway, stop);
        var end = first == stop ? ConsoleEnd.Stopping : await (Task<ConsoleEnd>)first;
        await over.CancelAsync();
        await down;
        await FarewellAsync(end);

        // Only a close, by either side, ends its wait for the client.
        client.Abort();
        await up;
        return end;
    }

    private async Task<ConsoleEnd> FromVmAsync(CancellationToken over)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await line.ReadAsync(buffer, over) is > 0 and var count)
            {
                // Given up by waiting alone: a send that is cancelled would tear the connection down before the client is told why.
                var sent = client.SendAsync(buffer.AsMemory(0, count), WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None).AsTask();
                await sent.WaitAsync(Patience, time, over);
            }

            return ConsoleEnd.VmGone;
        }
        catch (OperationCanceledException)
        {
            return ConsoleEnd.Stopping;
        }
        catch (Exception e) when (e is ConsoleOverrunException or TimeoutException)
        {
            return ConsoleEnd.SlowReader;
        }
        catch (FailureException e)
        {
            return e.Failure.Code == FailureCodes.HypervisorUnavailable ? ConsoleEnd.HypervisorLost : ConsoleEnd.VmGone;
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            return ConsoleEnd.Vanished;
        }
    }

    private async Task<ConsoleEnd> FromClientAsync(CancellationToken over)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (true)
            {
                var received = await client.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                switch (received.MessageType)
                {
                    case WebSocketMessageType.Close:
                        return ConsoleEnd.Closed;
                    case WebSocketMessageType.Text:
                        return ConsoleEnd.NotBinary;
                    default:
                        await line.WriteAsync(buffer.AsMemory(0, received.Count), over).WaitAsync(Patience, time, over);
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            return ConsoleEnd.Stopping;
        }
        catch (TimeoutException)
        {
            return ConsoleEnd.GuestDeaf;
        }
        catch (FailureException e)
        {
            return e.Failure.Code == FailureCodes.HypervisorUnavailable ? ConsoleEnd.HypervisorLost : ConsoleEnd.VmGone;
        }
        catch (Exception e) when (e is WebSocketException or IOException or ObjectDisposedException)
        {
            return ConsoleEnd.Vanished;
        }
    }

    private async Task FarewellAsync(ConsoleEnd end)
    {
        using var deadline = new CancellationTokenSource(FarewellDeadline, time);
        try
        {
            if (client.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await client.CloseOutputAsync((WebSocketCloseStatus)end.Code, end.Reason, deadline.Token);
            }

            // Whoever hangs up first may cut off what the other has still to read.
            while (client.State == WebSocketState.CloseSent)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10), time, deadline.Token);
            }
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever can't be told is gone, or as good as.
        }
    }
}
