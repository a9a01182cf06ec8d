using System.Diagnostics;
using System.Diagnostics.Metrics;
using DeCloud.NodeAgent.Actors.Telemetry;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>Counts requests by their route, and measures those that end by themselves; streams and consoles last as long as their readers like.</summary>
internal sealed class ApiMeasuring
{
    private readonly RequestDelegate _next;
    private readonly TimeProvider _time;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;

    /// <summary>Makes the middleware.</summary>
    public ApiMeasuring(RequestDelegate next, TimeProvider time, NodeMetrics metrics)
    {
        _next = next;
        _time = time;
        _requests = metrics.Meter.CreateCounter<long>("decloud.api.requests", "{request}", "Requests to the API, by method, route and status.");
        _duration = metrics.Meter.CreateHistogram<double>(
            "decloud.api.request.duration",
            "s",
            "Time until a request to the API was answered, by method; streams, consoles and waits for operations left out.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });
    }

    /// <summary>Handles one request.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        var began = _time.GetTimestamp();
        try
        {
            await _next(http);
        }
        finally
        {
            Name(http);
            var method = new KeyValuePair<string, object?>("method", MethodOf(http.Request.Method));
            _requests.Add(1, method, new("route", RouteOf(http)), new("status", Text(http.Response.StatusCode)));
            if (!Lasts(http))
            {
                _duration.Record(_time.GetElapsedTime(began).TotalSeconds, method);
            }
        }
    }

    // The span is the server's own; it knows the path alone, which is another for each VM.
    private static void Name(HttpContext http)
    {
        if (Activity.Current is { IsAllDataRequested: true } span)
        {
            span.DisplayName = $"{MethodOf(http.Request.Method)} {RouteOf(http)}";
            span.SetTag("http.request.method", MethodOf(http.Request.Method));
            span.SetTag("http.route", RouteOf(http));
            span.SetTag("http.response.status_code", http.Response.StatusCode);
        }
    }

    // What a caller writes must not become a label: anybody could make as many series as he likes.
    private static string MethodOf(string method) => HttpMethods.GetCanonicalizedValue(method) switch
    {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    };

    private static string RouteOf(HttpContext http) => (http.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { Length: > 0 } route ? route : "none";

    private static string Text(int status) => status switch { 200 => "200", 202 => "202", 204 => "204", 404 => "404", _ => status.ToString(System.Globalization.CultureInfo.InvariantCulture) };

    private static bool Lasts(HttpContext http) =>
        http.WebSockets.IsWebSocketRequest
        || http.Request.Query.ContainsKey("wait")
        || http.Response.ContentType?.StartsWith("text/event-stream", StringComparison.Ordinal) == true;
}
