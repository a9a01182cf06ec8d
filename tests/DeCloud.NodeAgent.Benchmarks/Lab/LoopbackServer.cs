using System.Net;
using System.Net.Sockets;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>What the agent is compared with, or fed by: Kestrel with nothing on it.</summary>
internal static class LoopbackServer
{
    /// <summary>Serves one file, by sendfile, with a length and an entity tag.</summary>
    public static Task ServeFileAsync(string file, int port) => ServeAsync(port, async http =>
    {
        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = new FileInfo(file).Length;
        http.Response.Headers.ETag = "\"1\"";
        await http.Response.SendFileAsync(file);
    });

    /// <summary>Serves the bytes of a file from memory.</summary>
    public static async Task ServeBodyAsync(string file, int port)
    {
        var body = await File.ReadAllBytesAsync(file);
        await ServeAsync(port, http =>
        {
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = body.Length;
            return http.Response.Body.WriteAsync(body).AsTask();
        });
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ServeAsync(int port, RequestDelegate serve)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddRouting();
        await using var app = builder.Build();
        app.UseRouting();
        app.MapGet("/body", serve);
        app.MapGet("/image", serve);
        await app.RunAsync();
    }
}
