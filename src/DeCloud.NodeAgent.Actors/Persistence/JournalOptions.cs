namespace DeCloud.NodeAgent.Actors.Persistence;

/// <summary>Where the journal is.</summary>
/// <param name="Provider">Which database.</param>
/// <param name="ConnectionString">How to reach it, in the words of its driver; for SQLite <c>Data Source=</c> and the path of the file.</param>
/// <param name="HoconFolder">The folder with <c>core.conf</c> and the <c>persistence.*.conf</c> files.</param>
public sealed record JournalOptions(JournalProvider Provider, string ConnectionString, string HoconFolder);

/// <summary>The databases a journal may be in.</summary>
public enum JournalProvider
{
    /// <summary>A file of its own; nothing to install.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server, 15 or later.</summary>
    PostgreSql,
}
