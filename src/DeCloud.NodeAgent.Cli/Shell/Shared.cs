using System.CommandLine;
using System.CommandLine.Parsing;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>Options that several commands have, each time a new one: an option belongs to its command.</summary>
internal static class Shared
{
    /// <summary><c>--json</c>.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Print the agent's JSON as it is" };

    /// <summary><c>--watch</c>.</summary>
    public static Option<bool> Watch() => new("--watch", "-w") { Description = "Show it again and again until Ctrl-C" };

    /// <summary><c>--interval</c> of <c>--watch</c>.</summary>
    public static Option<TimeSpan> Interval() => Duration("--interval", "Time between two looks of --watch. Default: 2s", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(100));

    /// <summary><c>--idempotency-key</c>.</summary>
    public static Option<string?> Key() => new("--idempotency-key") { Description = "Repeating a request with the same key does nothing twice. Made up when absent", HelpName = "KEY" };

    /// <summary>A time span.</summary>
    /// <param name="name">The option.</param>
    /// <param name="description">What it is for.</param>
    /// <param name="fallback">What holds when nothing is said.</param>
    /// <param name="least">The least allowed.</param>
    public static Option<TimeSpan> Duration(string name, string description, TimeSpan fallback, TimeSpan least = default) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => fallback,
        CustomParser = result => Parse(
            result, text => Quantities.TryDuration(text, out var value) && value >= least ? value : (TimeSpan?)null, $"must be a time such as 500ms, 30s, 5m or 2h{(least > TimeSpan.Zero ? $", at least {least.TotalMilliseconds:0} ms" : "")}"),
    };

    /// <summary>A number of bytes.</summary>
    public static Option<long> Bytes(string name, string description, long? fallback = null)
    {
        var option = new Option<long>(name)
        {
            Description = description,
            HelpName = "SIZE",
            CustomParser = result => Parse(result, text => Quantities.TryBytes(text, out var value) && value > 0 ? value : (long?)null, "must be a size such as 512MiB or 2GiB, or a number of bytes"),
        };
        if (fallback is { } value)
        {
            option.DefaultValueFactory = _ => value;
        }
        else
        {
            option.Required = true;
        }

        return option;
    }

    private static T Parse<T>(ArgumentResult result, Func<string, T?> read, string rule)
        where T : struct
    {
        var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
        if (read(text) is { } value)
        {
            return value;
        }

        result.AddError($"{(result.Parent as OptionResult)?.Option.Name}: '{Output.TerminalText.Escape(text)}' {rule}.");
        return default;
    }
}
