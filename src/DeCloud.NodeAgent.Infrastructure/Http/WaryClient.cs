using System.Net;

namespace DeCloud.NodeAgent.Infrastructure.Http;

/// <summary>
/// Clients of servers that are not ours: no proxy, no cookies, no redirects that are followed by themselves, nothing that is unpacked, bounded headers. Deadlines are those of each request.
/// </summary>
internal static class WaryClient
{
    /// <summary>Most of an answer's headers, in KiB.</summary>
    private const int LongestHeaders = 32;

    /// <summary>Makes a client; it owns its handler.</summary>
    /// <param name="connectWithin">How long a connection may take to be made.</param>
    /// <param name="idle">How long one without a request is kept.</param>
    /// <param name="life">How long one is kept at all, after which the name is looked up again.</param>
    /// <param name="connect">Makes the connections; null for the usual way.</param>
    public static HttpClient Make(TimeSpan connectWithin, TimeSpan idle, TimeSpan life, Func<SocketsHttpConnectionContext, CancellationToken, ValueTask<Stream>>? connect = null)
    {
        var client = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                ConnectTimeout = connectWithin,
                ConnectCallback = connect,
                MaxResponseHeadersLength = LongestHeaders,
                MaxResponseDrainSize = 0,
                PooledConnectionIdleTimeout = idle,
                PooledConnectionLifetime = life,
            },
            disposeHandler: true)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("decloud-node-agent");
        return client;
    }
}
