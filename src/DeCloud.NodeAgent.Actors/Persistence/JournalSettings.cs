using Akka.Configuration;

namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>How the journal works, from the file <c>persistence.*.conf</c> of its database.</summary>
/// <param name="MaxBatch">How many statements one transaction takes at most; at least 1. An atomic write is never divided.</param>
/// <param name="MaxQueue">How many writes may wait; more are refused at once.</param>
/// <param name="Readers">How many reads run at a time.</param>
/// <param name="Deadline">How long the database may take for one transaction or one read, waiting for a lock of another process included.</param>
internal sealed record JournalSettings(int MaxBatch, int MaxQueue, int Readers, TimeSpan Deadline)
{
    /// <summary>The plugin's name among those of Akka.Persistence, for events and for snapshots.</summary>
    public const string Plugin = "database";

    /// <summary>The plugin's file for a database.</summary>
    public static Config File(JournalOptions options) =>
        Load(options.HoconFolder, options.Provider == JournalProvider.Sqlite ? "persistence.sqlite.conf" : "persistence.postgresql.conf");

    /// <summary>One of the files with settings for actors.</summary>
    public static Config Load(string folder, string file) => ConfigurationFactory.ParseString(System.IO.File.ReadAllText(Path.Combine(folder, file)));

    /// <summary>Reads the settings.</summary>
    /// <param name="file">What <see cref="File"/> gave.</param>
    /// <exception cref="ConfigurationException">A setting is missing or makes no sense.</exception>
    public static JournalSettings Read(Config file)
    {
        var section = file.GetConfig($"akka.persistence.journal.{Plugin}");
        return new(Count("max-batch"), Count("max-queue"), Count("readers"), Span("deadline"));

        int Count(string key) => section.GetInt(key) is > 0 and var count ? count : throw Wrong(key);

        TimeSpan Span(string key) => section.GetTimeSpan(key) is var span && span > TimeSpan.Zero ? span : throw Wrong(key);

        static ConfigurationException Wrong(string key) => new($"akka.persistence.journal.{Plugin}.{key} must be set, and greater than 0.");
    }
}
