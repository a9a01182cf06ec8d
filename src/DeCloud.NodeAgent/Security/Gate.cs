using DeCloud.NodeAgent.Api.Actors;
using DeCloud.NodeAgent.Api.Consoles;
using DeCloud.NodeAgent.Api.Node;
using DeCloud.NodeAgent.Api.Orchestrator;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.WebConsole;

namespace DeCloud.NodeAgent.Security;

/// <summary>
/// What every request passes before anything looks at it: the host must be this node's, a web page must be of this origin, and the token must be shown when one is configured, unless the caller was let in by the rights of the agent's Unix socket.
/// </summary>
internal sealed class Gate
{
    private static readonly PathString[] Streams = [EventEndpoints.Path, ActorEndpoints.TailPath, DeadLetterEndpoints.StreamPath];

    private readonly RequestDelegate _next;
    private readonly HostNames _hosts;
    private readonly BearerToken? _token;

    /// <summary>Makes the gate.</summary>
    public Gate(RequestDelegate next, HttpSection options)
    {
        _next = next;
        _hosts = new(options.AllowedHosts);
        _token = options.ApiToken is { } token ? new(token) : null;
    }

    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext http)
    {
        SecurityHeaders.Add(http.Response);
        return Refuse(http) is { } problem ? problem.ExecuteAsync(http) : _next(http);
    }

    private Problem? Refuse(HttpContext http)
    {
        var request = http.Request;
        var isPush = request.Path.Equals(OrchestratorEndpoints.PushPath, StringComparison.Ordinal);
        if (!isPush && !_hosts.Allows(request.Host.Host, http.Connection.LocalIpAddress))
        {
            return Problem.Of(ApiCodes.HostNotAllowed);
        }

        if (!IsOwnOrigin(request) || !IsOwnFetch(request))
        {
            return Problem.Of(ApiCodes.CrossOrigin);
        }

        if (_token is null || isPush || ConsoleEndpoints.IsDoor(request) || LocalCaller.Is(http) || request.Path.Equals("/healthz", StringComparison.Ordinal) || ConsolePages.Has(request) || _token.IsShownBy(request.Headers.Authorization))
        {
            return null;
        }

        http.Response.Headers.WWWAuthenticate = "Bearer";
        return Problem.Of(ApiCodes.Unauthorized);
    }

    private static bool IsOwnOrigin(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        return origin.Count == 0 || (origin.Count == 1 && string.Equals(origin[0], $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase));
    }

    // A browser says where a request comes from; a page on another port of this host ("same-site") is a stranger too.
    // Plain reads may be linked to from anywhere, but not subscribed to, and no line to a console may be opened.
    private static bool IsOwnFetch(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"];
        return site.Count == 0 || site == "same-origin" || site == "none"
            || ((HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)) && !IsStream(request) && !ConsoleEndpoints.IsDoor(request));
    }

    private static bool IsStream(HttpRequest request) => Array.Exists(Streams, path => request.Path.StartsWithSegments(path, StringComparison.OrdinalIgnoreCase));
}
