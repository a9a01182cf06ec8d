using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DeCloud.NodeAgent.Actors.Inspection;

/// <summary>Makes the actors of a system visible.</summary>
public static class InspectionHosting
{
    // The mailboxes count what is taken, and the system tells when actors start, stop and are started again.
    internal const string Settings = """
        akka.actor {
          telemetry.enabled = on
          default-mailbox.mailbox-type = "DeCloud.NodeAgent.Actors.Inspection.WatchedMailbox, DeCloud.NodeAgent.Actors"
          mailbox.unbounded-deque-based.mailbox-type = "DeCloud.NodeAgent.Actors.Inspection.WatchedDequeMailbox, DeCloud.NodeAgent.Actors"
        }
        """;

    /// <summary>Registers <see cref="ActorInspector"/> and what it shows.</summary>
    /// <param name="services">The container.</param>
    public static IServiceCollection AddInspection(this IServiceCollection services) => services
        .AddSingleton<SupervisionBoard>()
        .AddSingleton<DeadLetterBoard>()
        .AddSingleton<ActorInspector>();

    /// <summary>Lets the system's actors be watched. Comes before the actors that are to be seen from their start.</summary>
    /// <param name="builder">The actor system's builder.</param>
    /// <param name="services">The container.</param>
    public static AkkaConfigurationBuilder WithInspection(this AkkaConfigurationBuilder builder, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var (supervision, deadLetters) = (services.GetRequiredService<SupervisionBoard>(), services.GetRequiredService<DeadLetterBoard>());
        return builder
            .AddHocon(Settings, HoconAddMode.Prepend)
            .WithActors((system, _) => Observer.Start(system, supervision, deadLetters));
    }
}
