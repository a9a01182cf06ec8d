using DeCloud.NodeAgent.Api.OpenApi;
using DeCloud.NodeAgent.Api.Requests;
using DeCloud.NodeAgent.Telemetry;

namespace DeCloud.NodeAgent.Api.Metrics;

/// <summary>What the agent measures, for Prometheus.</summary>
internal static class MetricsEndpoints
{
    /// <summary>Maps the route.</summary>
    public static void Map(RouteGroupBuilder root) => root.MapGet("/metrics", Read)
        .Does("Get the metrics", "Every metric in the text format of Prometheus, at most a second old. Needs the token as everything does, where there is one; docs/monitoring.md says what the metrics mean.")
        .Gives<string>(200, "The metrics.", "text/plain");

    private static async Task<RawBody> Read(HttpContext http, MetricsPage page) => new(await page.ReadAsync(http.RequestAborted), PrometheusText.ContentType);
}
