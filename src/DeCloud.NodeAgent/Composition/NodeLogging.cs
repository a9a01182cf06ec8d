using DeCloud.NodeAgent.Telemetry;
using Microsoft.Extensions.Logging.Console;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Logs: one event one line on standard output.</summary>
internal static class NodeLogging
{
    /// <summary>The setting that chooses the format.</summary>
    public const string FormatKey = "Logging:Console:FormatterName";

    /// <summary>Adds the console: for journald where systemd reads it, else as text, or what <see cref="FormatKey"/> says.</summary>
    public static void AddNodeLogging(this WebApplicationBuilder builder, IConfiguration configuration)
    {
        builder.Configuration.AddConfiguration(configuration);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        // The first of one name counts: the host's own text format leaves control characters as they are.
        builder.Services.AddSingleton<ConsoleFormatter>(new LineFormatter(LineFormatter.Simple, isForJournal: false, TimeProvider.System));
        builder.Services.AddSingleton<ConsoleFormatter>(new LineFormatter(LineFormatter.Journal, isForJournal: true, TimeProvider.System));
        builder.Logging.AddJsonConsole(o =>
        {
            o.UseUtcTimestamp = true;
            o.TimestampFormat = "O";
        });
        var format = FormatOf(builder.Configuration[FormatKey], Environment.GetEnvironmentVariable("JOURNAL_STREAM"), Console.IsOutputRedirected);
        builder.Logging.AddConsole(o => o.FormatterName = format);
    }

    /// <summary>The format of the log.</summary>
    /// <param name="configured">What was configured; nothing or empty to choose.</param>
    /// <param name="journalStream">What systemd says of the journal; whoever was started by a service inherits it, on a terminal too.</param>
    /// <param name="isRedirected">Whether standard output is something else than a terminal.</param>
    public static string FormatOf(string? configured, string? journalStream, bool isRedirected) =>
        !string.IsNullOrEmpty(configured) ? configured.ToLowerInvariant()
        : !string.IsNullOrEmpty(journalStream) && isRedirected ? LineFormatter.Journal
        : LineFormatter.Simple;
}
