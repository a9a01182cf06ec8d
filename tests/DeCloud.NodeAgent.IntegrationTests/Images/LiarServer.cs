using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DeCloud.NodeAgent.IntegrationTests.Images;

/// <summary>A request as it came.</summary>
internal sealed record LiarRequest(string Path, IReadOnlyDictionary<string, string> Headers)
{
    /// <summary>The first byte that a Range header asks for.</summary>
    public long? RangeStart => Headers.TryGetValue("Range", out var range) ? long.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : null;
}

/// <summary>An HTTP server on loopback that says whatever a test wants it to, byte for byte: one request a connection, raw sockets.</summary>
internal sealed class LiarServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<LiarRequest, LiarReply, Task> _answer;
    private readonly Task _accepting;

    public LiarServer(Func<LiarRequest, LiarReply, Task> answer)
    {
        _answer = answer;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public ConcurrentQueue<LiarRequest> Requests { get; } = new();

    public string Url(string path) => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}{path}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await ((Task)_accepting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var socket = await _listener.AcceptSocketAsync(_stop.Token);
            _ = ServeAsync(socket);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            var request = await ReadAsync(stream);
            Requests.Enqueue(request);
            await _answer(request, new(stream, _stop.Token));
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The client has had enough, or the test is over.
        }
    }

    private async Task<LiarRequest> ReadAsync(NetworkStream stream)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                throw new IOException("the client hung up");
            }

            text.Append((char)one[0]);
        }

        var lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var headers = lines[1..].Select(line => line.Split(": ", 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.OrdinalIgnoreCase);
        return new(lines[0].Split(' ')[1], headers);
    }
}

/// <summary>Where an answer goes.</summary>
internal sealed class LiarReply(NetworkStream stream, CancellationToken stop)
{
    public CancellationToken Stop => stop;

    public async Task HeadAsync(string status, params string[] headers) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nConnection: close\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n"), stop);

    public async Task BodyAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes, stop);

    public async Task WholeAsync(ReadOnlyMemory<byte> bytes, params string[] headers)
    {
        await HeadAsync("200 OK", [$"Content-Length: {bytes.Length}", .. headers]);
        await BodyAsync(bytes);
    }

    /// <summary>What an honest server does with ranges.</summary>
    public async Task HonestAsync(LiarRequest request, ReadOnlyMemory<byte> bytes, string tag)
    {
        if (request.RangeStart is { } start && (!request.Headers.TryGetValue("If-Range", out var wanted) || wanted == tag))
        {
            await HeadAsync("206 Partial Content", $"Content-Length: {bytes.Length - start}", $"Content-Range: bytes {start}-{bytes.Length - 1}/{bytes.Length}", $"ETag: {tag}");
            await BodyAsync(bytes[(int)start..]);
            return;
        }

        await WholeAsync(bytes, $"ETag: {tag}", "Accept-Ranges: bytes");
    }

    public Task SilenceAsync() => Task.Delay(Timeout.Infinite, stop);
}
