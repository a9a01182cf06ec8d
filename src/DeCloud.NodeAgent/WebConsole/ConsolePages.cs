using Microsoft.Net.Http.Headers;

namespace DeCloud.NodeAgent.WebConsole;

/// <summary>
/// Serves the web console at <c>/</c>. Its files say nothing of this node and need no token, so that a browser can show where to type it; all that they show comes from the API, which does.
/// </summary>
internal sealed class ConsolePages(RequestDelegate next)
{
    // Nothing but this agent's own files and API; no script or style that stands in a page; no page around it; no text that becomes markup or code.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Whether a request is for a file of the console.</summary>
    public static bool Has(HttpRequest request) => IsRead(request) && FileOf(request) is not null;

    /// <summary>Handles one request.</summary>
    public Task InvokeAsync(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (FileOf(http.Request) is not { } file)
        {
            return next(http);
        }

        if (IsRead(http.Request))
        {
            return ServeAsync(http, file);
        }

        http.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
        http.Response.Headers.Allow = "GET, HEAD";
        return Task.CompletedTask;
    }

    private static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private static ConsoleFile? FileOf(HttpRequest request) => request.Path.Value is { } path ? ConsoleFile.All.GetValueOrDefault(path) : null;

    private static async Task ServeAsync(HttpContext http, ConsoleFile file)
    {
        var response = http.Response;
        var coding = file.CodingFor(coding => Accepts(http.Request, coding));
        var tag = file.Tag(coding);
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers.CacheControl = file.IsImmutable ? "public, max-age=31536000, immutable" : "no-cache";
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.ETag = tag;
        if (IsKnown(http.Request, tag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await using var content = file.Open(coding);
        response.ContentType = file.ContentType;
        response.ContentLength = content.Length;
        if (coding.Length > 0)
        {
            response.Headers.ContentEncoding = coding;
        }

        if (HttpMethods.IsGet(http.Request.Method))
        {
            await content.CopyToAsync(response.Body, http.RequestAborted);
        }
    }

    private static bool Accepts(HttpRequest request, string coding)
    {
        var wanted = request.GetTypedHeaders().AcceptEncoding;
        var named = wanted.FirstOrDefault(w => w.Value.Equals(coding, StringComparison.OrdinalIgnoreCase)) ?? wanted.FirstOrDefault(w => w.Value == "*");
        return named is { Quality: null or > 0 };
    }

    // A tag is the same for a weak comparison (RFC 9110, 13.1.2).
    private static bool IsKnown(HttpRequest request, string tag) =>
        request.GetTypedHeaders().IfNoneMatch.Any(known => known.Tag == tag || known.Equals(EntityTagHeaderValue.Any));
}
