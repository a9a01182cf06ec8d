using Akka.Configuration;
using Akka.Hosting;
using Akka.Persistence.Hosting;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using DeCloud.NodeAgent.Actors.Serialization;
using DeCloud.NodeAgent.Actors.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>Puts the journal into an actor system and a container.</summary>
public static class JournalHosting
{
    /// <summary>Registers what reads the journal: <see cref="IVmHistory"/>, <see cref="IEventFeed"/>, and <see cref="JournalSignal"/>.</summary>
    /// <param name="services">The container.</param>
    /// <param name="options">Where the journal is.</param>
    public static IServiceCollection AddJournalReaders(this IServiceCollection services, JournalOptions options)
    {
        var reader = new JournalReader(new(options));
        var written = new JournalSignal();
        return services
            .AddSingleton(written)
            .AddSingleton<IVmHistory>(new JournalHistory(reader))
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
        var database = new JournalDatabase(options);
        var provider = options.Provider == JournalProvider.Sqlite ? "persistence.sqlite.conf" : "persistence.postgresql.conf";
        // The plugin insists on connection strings of its own, although the options below are what it uses.
        var connection = ConfigurationFactory.ParseString($$"""
            akka.persistence.journal.sql.connection-string = {{Quoted(database.ConnectionString)}}
            akka.persistence.snapshot-store.sql.connection-string = {{Quoted(database.ConnectionString)}}
            """);
#pragma warning disable CS0618 // The replacement renders the plugin's settings itself; here the files in hocon/ say them.
        return builder
            .AddHocon(connection, HoconAddMode.Prepend)
            .AddHocon(Load(options.HoconFolder, provider), HoconAddMode.Prepend)
            .AddHocon(Load(options.HoconFolder, "core.conf"), HoconAddMode.Prepend)
            .AddHocon(SqlPersistence.DefaultConfiguration, HoconAddMode.Append)
            .WithCustomSerializer("journal-json", JournalSerializer.BoundTypes, system => new JournalSerializer(system))
            .AddSetup(new DataOptionsSetup(database.DataOptions()))
            .WithJournal("sql", journal => journal.WithHealthCheck(HealthStatus.Unhealthy, "journal"));
#pragma warning restore CS0618
    }

    private static Config Load(string folder, string file) => ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(folder, file)));

    private static string Quoted(string text) => System.Text.Json.JsonSerializer.Serialize(text, QuoteJson.Default.String);
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class QuoteJson : System.Text.Json.Serialization.JsonSerializerContext;
