using Akka.Hosting;
using Akka.Persistence.Hosting;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Serialization;
using DeCloud.NodeAgent.Actors.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>Puts the journal into an actor system and a container.</summary>
public static class JournalHosting
{
    /// <summary>Registers what reads the journal: <see cref="IVmHistory"/>, <see cref="IEventFeed"/>, <see cref="IJournalView"/>, and <see cref="JournalSignal"/>.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">Where the journal is.</param>
    public static IServiceCollection AddJournalReaders(this IServiceCollection services, JournalOptions options)
    {
        var reader = new JournalReader(JournalDatabase.Of(options, JournalSettings.Read(JournalSettings.File(options))));
        var written = new JournalSignal();
        return services
            .AddSingleton(written)
            .AddSingleton<IVmHistory>(new JournalHistory(reader))
            .AddSingleton<IJournalView>(new JournalView(reader))
            .AddSingleton<IEventFeed>(new JournalFeed(reader, written));
    }

    /// <summary>
    /// Keeps events and snapshots in the database of the options, in explicit versioned JSON, and registers the health check <c>journal</c>. Default serializers that build types by name are off.
    /// </summary>
    /// <param name="builder">The actor system's builder.</param>
    /// <param name="options">Where the journal is.</param>
    public static AkkaConfigurationBuilder WithJournal(this AkkaConfigurationBuilder builder, JournalOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        var file = JournalSettings.File(options);
        var settings = JournalSettings.Read(file);
        var database = JournalDatabase.Of(options, settings);
        if (database is SqliteJournalDatabase sqlite)
        {
            // A state folder that cannot hold a journal is told at the start, not at the first event.
            sqlite.MakeFile();
        }

        var writer = new JournalWriter(database, settings);
#pragma warning disable CS0618 // The replacement renders the plugin's settings itself; here the files in hocon/ say them.
        return builder
            .AddHocon(file, HoconAddMode.Prepend)
            .AddHocon(JournalSettings.Load(options.HoconFolder, "core.conf"), HoconAddMode.Prepend)
            .WithCustomSerializer("journal-json", JournalSerializer.BoundTypes, system => new JournalSerializer(system))
            .AddSetup(new JournalSetup(database, writer))
            .AddStartup((system, _) => system.RegisterOnTermination(() => writer.DisposeAsync().AsTask()))
            .WithJournal(JournalSettings.Plugin, journal => journal.WithHealthCheck(HealthStatus.Unhealthy, "journal"));
#pragma warning restore CS0618
    }
}
