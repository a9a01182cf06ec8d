using System.Globalization;
using DeCloud.NodeAgent.Cli.Shell;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DeCloud.NodeAgent.Cli.Output;

/// <summary>Where results and messages go. Everything that is written through it is escaped: texts here, cells in <see cref="Cells"/>.</summary>
internal sealed class Screen(World world)
{
    /// <summary>Wider than any line: a table that is fitted to a narrow terminal loses columns, while one that the terminal breaks loses nothing.</summary>
    private const int Unbroken = 8192;
    private IAnsiConsole? _results;
    private IAnsiConsole? _messages;

    /// <summary>Messages as a console, for progress.</summary>
    public IAnsiConsole Messages => _messages ??= ConsoleOn(world.Error, world.ErrorIsTerminal);

    /// <summary>Whether messages are seen as they come.</summary>
    public bool ShowsProgress => world.ErrorIsTerminal;

    /// <summary>Whether results have colours: on a terminal that knows them, unless the user wants none (no-color.org).</summary>
    private bool HasColours => world.OutIsTerminal && world.Environment("NO_COLOR") is null && world.Environment("TERM") is not (null or "dumb");

    /// <summary>Prints a result, a line of it in a line of its own whatever the width of the terminal.</summary>
    public void Print(IRenderable result)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        var console = AnsiConsole.Create(new()
        {
            Out = new AnsiConsoleOutput(text),
            Ansi = HasColours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = HasColours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = Unbroken;
        console.Write(result);
        foreach (var line in text.ToString().TrimEnd('\n').Split('\n'))
        {
            world.Out.Write(line.TrimEnd());
            world.Out.Write('\n');
        }
    }

    /// <summary>Prints a line of result.</summary>
    public void Line(string text)
    {
        world.Out.Write(TerminalText.Escape(text));
        world.Out.Write('\n');
    }

    /// <summary>Prints lines as they are, which a trusted source has made.</summary>
    public void Verbatim(string text) => world.Out.Write(text);

    /// <summary>Prints text of many lines.</summary>
    public void Text(string text)
    {
        world.Out.Write(TerminalText.Escape(text.ReplaceLineEndings("\n"), keepsLines: true));
        if (text.Length > 0 && !text.EndsWith('\n'))
        {
            world.Out.Write('\n');
        }
    }

    /// <summary>Prints JSON of the agent as it came.</summary>
    public void Json(string json)
    {
        world.Out.Write(TerminalText.EscapeJson(json.TrimEnd('\n')));
        world.Out.Write('\n');
    }

    /// <summary>Prints that something is gone.</summary>
    /// <param name="what">Its whole name.</param>
    /// <param name="asJson">Whether as JSON.</param>
    public void Gone(string what, bool asJson)
    {
        if (asJson)
        {
            Json(Outcome.Removed(what));
        }
        else
        {
            Line($"{what}: removed");
        }
    }

    /// <summary>Tells something beside the result.</summary>
    public void Say(string text)
    {
        world.Error.Write(TerminalText.Escape(text, keepsLines: true));
        world.Error.Write('\n');
    }

    /// <summary>Shows something again and again until it is interrupted.</summary>
    /// <param name="every">The time between two looks.</param>
    /// <param name="show">Prints it once.</param>
    /// <param name="cancellation">The end.</param>
    public async Task WatchAsync(TimeSpan every, Func<Task> show, CancellationToken cancellation)
    {
        while (true)
        {
            if (world.OutIsTerminal)
            {
                (_results ??= ConsoleOn(world.Out, isTerminal: true)).Clear(home: true);
            }

            await show().ConfigureAwait(false);
            await world.Out.FlushAsync(cancellation).ConfigureAwait(false);
            await Task.Delay(every, world.Time, cancellation).ConfigureAwait(false);
        }
    }

    private static IAnsiConsole ConsoleOn(TextWriter writer, bool isTerminal) => AnsiConsole.Create(new()
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = isTerminal ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = isTerminal ? InteractionSupport.Detect : InteractionSupport.No,
    });
}
