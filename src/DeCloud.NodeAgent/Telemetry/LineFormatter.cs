using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>
/// Writes one event as one line, whatever stands in it: what a tenant, a guest or a server wrote can neither begin a line of its own nor speak to a terminal. For the journal a line begins with its
/// priority and ends, behind the last <c> | </c>, with fields for programs; otherwise it begins with time and level.
/// </summary>
/// <param name="name">The name by which the format is chosen.</param>
/// <param name="isForJournal">Whether journald reads it, which knows the time by itself.</param>
/// <param name="time">Where time comes from.</param>
internal sealed class LineFormatter(string name, bool isForJournal, TimeProvider time) : ConsoleFormatter(name)
{
    /// <summary>The format for journald.</summary>
    public const string Journal = "journal";

    /// <summary>The format for people.</summary>
    public const string Simple = "simple";

    private const int LongestText = 8 * 1024;
    private const int LongestField = 128;

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var line = new StringBuilder();
        if (isForJournal)
        {
            line.Append('<').Append(PriorityOf(logEntry.LogLevel)).Append('>');
        }
        else
        {
            line.Append(time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ ", CultureInfo.InvariantCulture))
                .Append(WordOf(logEntry.LogLevel)).Append(": ").Append(logEntry.Category).Append('[').Append(logEntry.EventId.Id).Append("] ");
        }

        Escape(line, logEntry.Formatter(logEntry.State, logEntry.Exception), LongestText);
        if (logEntry.Exception is { } exception)
        {
            line.Append(": ");
            Escape(line, exception.ToString(), LongestText);
        }

        if (isForJournal)
        {
            line.Append(" | category=").Append(logEntry.Category).Append(" event=").Append(logEntry.EventId.Id);
            Fields(line, logEntry.State);
            if (Activity.Current is { } span)
            {
                line.Append(" trace=").Append(span.TraceId.ToHexString());
            }
        }

        textWriter.WriteLine(line.ToString());
    }

    /// <summary>What the text is made of, as far as it is names and numbers; sentences stand in the text already.</summary>
    private static void Fields<TState>(StringBuilder line, TState state)
    {
        foreach (var (key, value) in state as IReadOnlyList<KeyValuePair<string, object?>> ?? [])
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture);
            if (text is { Length: > 0 and <= LongestField } && key != "{OriginalFormat}" && !text.Any(c => char.IsWhiteSpace(c) || c is '|' or '='))
            {
                line.Append(' ').Append(char.ToLowerInvariant(key[0])).Append(key.AsSpan(1)).Append('=');
                Escape(line, text, LongestField);
            }
        }
    }

    private static void Escape(StringBuilder line, string text, int longest)
    {
        foreach (var c in text.Length <= longest ? text : string.Concat(text.AsSpan(0, longest), "…"))
        {
            switch (c)
            {
                case '\n':
                    line.Append("\\n");
                    break;
                case '\r':
                    break;
                case '\\':
                    line.Append(@"\\");
                    break;
                default:
                    if (IsVisible(c))
                    {
                        line.Append(c);
                    }
                    else
                    {
                        line.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    }

                    break;
            }
        }
    }

    // Controls, line and paragraph separators, and what turns the direction of writing.
    private static bool IsVisible(char c) =>
        CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Format);

    private static char PriorityOf(LogLevel level) => level switch
    {
        LogLevel.Critical => '2',
        LogLevel.Error => '3',
        LogLevel.Warning => '4',
        LogLevel.Information => '6',
        _ => '7',
    };

    private static string WordOf(LogLevel level) => level switch
    {
        LogLevel.Critical => "crit",
        LogLevel.Error => "fail",
        LogLevel.Warning => "warn",
        LogLevel.Information => "info",
        LogLevel.Debug => "dbug",
        _ => "trce",
    };
}
