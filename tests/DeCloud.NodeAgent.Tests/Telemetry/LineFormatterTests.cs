using DeCloud.NodeAgent.Composition;
using DeCloud.NodeAgent.Telemetry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Tests.Telemetry;

public sealed class LineFormatterTests
{
    private const string Hostile = "web\n<0>Out of memory | event=1\u001b[2J\u202e\u2028";

    [Fact]
    public void For_the_journal_a_line_has_its_priority_its_text_and_fields_for_programs() =>
        Assert.Equal(
            "<4>The VM web-1 fell: it is started again in 2 s | category=DeCloud.Test event=7 vm=web-1\n",
            Write(isForJournal: true, LogLevel.Warning, "The VM web-1 fell: it is started again in 2 s", ("Vm", "web-1"), ("Why", "it is started again in 2 s")));

    [Theory]
    [InlineData(LogLevel.Critical, '2')]
    [InlineData(LogLevel.Error, '3')]
    [InlineData(LogLevel.Warning, '4')]
    [InlineData(LogLevel.Information, '6')]
    [InlineData(LogLevel.Debug, '7')]
    [InlineData(LogLevel.Trace, '7')]
    public void Each_level_has_a_priority_of_syslog(LogLevel level, char priority) => Assert.StartsWith($"<{priority}>", Write(isForJournal: true, level, "x"), StringComparison.Ordinal);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_a_tenant_writes_stays_on_its_line_and_does_nothing_to_a_terminal(bool isForJournal)
    {
        var line = Write(isForJournal, LogLevel.Information, $"The name is {Hostile}", ("Name", Hostile));

        Assert.Equal(1, line.Count(c => c == '\n'));
        Assert.DoesNotContain(line[..^1], c => char.IsControl(c) || c is '\u202e' or '\u2028');
        Assert.Contains("web\\n<0>Out of memory | event=1\\u001b[2J\\u202e\\u2028", line, StringComparison.Ordinal);
        if (isForJournal)
        {
            Assert.EndsWith(" | category=DeCloud.Test event=7\n", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void For_people_a_line_begins_with_time_level_and_category() =>
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: DeCloud\.Test\[7\] All is well\n$", Write(isForJournal: false, LogLevel.Information, "All is well"));

    [Fact]
    public void A_long_text_is_cut() => Assert.InRange(Write(isForJournal: true, LogLevel.Information, new string('x', 100_000)).Length, 8000, 9000);

    [Theory]
    [InlineData(null, null, true, "simple")]
    [InlineData("", "8:1234", true, "journal")]
    [InlineData("", "8:1234", false, "simple")]
    [InlineData("simple", "8:1234", true, "simple")]
    [InlineData("JSON", null, false, "json")]
    public void The_journals_format_is_chosen_where_systemd_reads(string? configured, string? stream, bool isRedirected, string format) =>
        Assert.Equal(format, NodeLogging.FormatOf(configured, stream, isRedirected));

    private static string Write(bool isForJournal, LogLevel level, string text, params (string Key, string Value)[] fields)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        IReadOnlyList<KeyValuePair<string, object?>> state = [.. fields.Select(f => KeyValuePair.Create(f.Key, (object?)f.Value)), new("{OriginalFormat}", "x")];
        new LineFormatter("test", isForJournal, TimeProvider.System).Write(new LogEntry<IReadOnlyList<KeyValuePair<string, object?>>>(level, "DeCloud.Test", 7, state, null, (_, _) => text), null, writer);
        return writer.ToString();
    }
}
