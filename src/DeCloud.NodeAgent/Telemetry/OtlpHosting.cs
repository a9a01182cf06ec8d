using DeCloud.NodeAgent.Configuration;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>Adds the way to a collector.</summary>
internal static class OtlpHosting
{
    /// <summary>Adds it when one is configured. Before the actors, whose first spans it must see.</summary>
    public static IServiceCollection AddOtlp(this IServiceCollection services, TelemetrySection? section) => section is null ? services : services.AddSending(section);

    // Apart, so that OpenTelemetry is not even looked for without a collector.
    private static IServiceCollection AddSending(this IServiceCollection services, TelemetrySection section) =>
        services.AddHostedService(s => new OtlpSending(section, s.GetRequiredService<ILogger<OtlpSending>>(), s.GetRequiredService<TimeProvider>()));
}
