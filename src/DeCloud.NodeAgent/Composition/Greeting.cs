using System.Net;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Infrastructure.Linux;
using DeCloud.NodeAgent.WebConsole;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Says where the API is, once it is, and takes the socket's name away when it ends.</summary>
internal static partial class Greeting
{
    /// <summary>Logs the address when the server listens, and a warning when tokens would cross a network in the clear.</summary>
    public static void AnnounceWhenListening(this WebApplication app, HttpSection options)
    {
        var log = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("DeCloud.NodeAgent");
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            LogListening(log, Start.Version, app.Urls.FirstOrDefault(), ConsoleFile.All.Count > 0 ? "the console is there, and the API at /swagger" : "the API is at /swagger; this build has no console");
            if (options.Socket is { } socket)
            {
                LogSocket(log, socket);
            }

            if (!IPAddress.IsLoopback(options.Listen.Address))
            {
                LogUnencrypted(log);
            }
        });
        if (options.Socket is { } path)
        {
            app.Lifetime.ApplicationStopping.Register(() => AgentSocket.Remove(path));
        }
    }

    [LoggerMessage(1, LogLevel.Information, "decloud-agent {Version} listens on {Url}: {Offer}")]
    private static partial void LogListening(ILogger log, string version, string? url, string offer);

    [LoggerMessage(3, LogLevel.Information, "The API listens on the socket {Path} too, for its owner and its group")]
    private static partial void LogSocket(ILogger log, string path);

    [LoggerMessage(2, LogLevel.Warning, "The API is reachable from other machines without encryption, and its token with it: put a reverse proxy with TLS in front")]
    private static partial void LogUnencrypted(ILogger log);
}
