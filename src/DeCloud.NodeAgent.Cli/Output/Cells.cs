using Spectre.Console;
using Spectre.Console.Rendering;

namespace DeCloud.NodeAgent.Cli.Output;

/// <summary>Tables whose cells are plain text, never markup.</summary>
internal static class Cells
{
    private static readonly Style Heading = new(decoration: Decoration.Bold);
    private static readonly Style Good = new(Color.Green);
    private static readonly Style Bad = new(Color.Red);
    private static readonly Style Pending = new(Color.Yellow);

    /// <summary>A table with a heading for each column.</summary>
    public static Table Table(params string[] headings)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in headings)
        {
            table.AddColumn(new TableColumn(new Text(heading, Heading)) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        }

        return table;
    }

    /// <summary>Names and values, a line each.</summary>
    /// <param name="facts">A fact without a value is left out.</param>
    public static Table Facts(params IEnumerable<(string Name, IRenderable? Value)> facts)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = false };
        table.AddColumn(new TableColumn("") { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        table.AddColumn(new TableColumn("") { Padding = new Padding(0, 0, 0, 0) });
        foreach (var (name, value) in facts)
        {
            if (value is not null)
            {
                table.AddRow(new Text(name, Heading), value);
            }
        }

        return table;
    }

    /// <summary>A cell.</summary>
    public static Text Of(string? text) => new(text is null ? "-" : TerminalText.Escape(text));

    /// <summary>A value of <see cref="Facts"/>; null when there is none.</summary>
    public static Text? Maybe(string? text) => string.IsNullOrEmpty(text) ? null : Of(text);

    /// <summary>A state of a VM, an operation or the connection to libvirt.</summary>
    public static Text State(string state) => new(TerminalText.Escape(state), state switch
    {
        "running" or "succeeded" or "connected" or "kvm" or "started" => Good,
        "failed" or "lost" or "none" or "suspended" or "critical" => Bad,
        "unknown" or "paused" or "superseded" or "emulation" or "busy" or "recovering" or "restarted" or "warning" => Pending,
        _ => Style.Plain,
    });

    /// <summary>Something that wants attention.</summary>
    public static Text? Warning(string? text) => text is null ? null : new(TerminalText.Escape(text), Bad);
}
