using Microsoft.AspNetCore.Connections;

namespace DeCloud.NodeAgent.Security;

/// <summary>Marks connections that came over the agent's Unix socket: whoever could open its file has shown by that who he is.</summary>
internal sealed class LocalCaller
{
    private static readonly LocalCaller Mark = new();

    /// <summary>Whether a request came over the socket.</summary>
    public static bool Is(HttpContext http) => http.Features.Get<LocalCaller>() is not null;

    /// <summary>What the socket's listener does with each connection before it serves it.</summary>
    public static ConnectionDelegate Admit(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(Mark);
        return next(connection);
    };
}
