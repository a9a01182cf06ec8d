using System.Net;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Api.Node;
using DeCloud.NodeAgent.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Puts together what warnings are made of.</summary>
internal static class WarningComposition
{
    /// <summary>The parts of the keeper of warnings.</summary>
    public static WarningParts Warnings(NodeOptions options, IServiceProvider services) => new(
        services.GetRequiredService<WarningBoard>(),
        services.GetRequiredService<ResourceBoard>(),
        services.GetRequiredService<SupervisionBoard>(),
        async cancellation =>
        {
            var report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(c => c.Tags.Contains(HealthEndpoints.JournalTag), cancellation);
            return report.Status == HealthStatus.Healthy ? null : string.Join(' ', report.Entries.Where(e => e.Value.Status != HealthStatus.Healthy).Select(e => e.Value.Description ?? $"{e.Key} is {e.Value.Status}."));
        },
        IPAddress.IsLoopback(options.Http.Listen.Address) ? null : options.Http.Listen.ToString());
}
