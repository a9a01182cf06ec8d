using System.Net.Sockets;
using DeCloud.NodeAgent.Api.Consoles;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace DeCloud.NodeAgent.Api;

/// <summary>The server, with a bound on everything that a client could make it wait for or keep.</summary>
internal static class Kestrel
{
    /// <summary>Adds the server.</summary>
    public static void AddNodeHttp(this WebApplicationBuilder builder, HttpSection options)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = ConsoleSessions.MostInAll;
            kestrel.Limits.RequestHeadersTimeout = options.HeadersTimeout;
            kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);

            // Slower than this, a body or an answer's reader is cut off.
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(3));
            kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
            kestrel.Listen(options.Listen, listen => listen.Protocols = HttpProtocols.Http1);
            if (options.Socket is { } socket)
            {
                kestrel.ListenUnixSocket(socket, listen =>
                {
                    listen.Protocols = HttpProtocols.Http1;
                    listen.Use(LocalCaller.Admit);
                });
            }
        });

        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = endpoint => endpoint is UnixDomainSocketEndPoint
            ? AgentSocket.Bind(options.Socket!)
            : SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint));

        // Long enough for what was accepted to be answered; actors stop after the server.
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
    }
}
