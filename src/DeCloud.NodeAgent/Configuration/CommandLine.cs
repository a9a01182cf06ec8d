using System.Diagnostics.CodeAnalysis;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>What the command line asks for.</summary>
/// <param name="WantsHelp">Show the help.</param>
/// <param name="WantsVersion">Show the version.</param>
/// <param name="WantsCheck">Check the configuration and end.</param>
/// <param name="WantsSettings">Show the settings as JSON and end.</param>
/// <param name="ConfigFolder">Where <c>conf.d</c> is; null for the program's own folder.</param>
/// <param name="Settings">The settings.</param>
/// <param name="Errors">What could not be understood.</param>
internal sealed record CommandLine(
    bool WantsHelp,
    bool WantsVersion,
    bool WantsCheck,
    bool WantsSettings,
    string? ConfigFolder,
    IReadOnlyDictionary<string, string?> Settings,
    IReadOnlyList<ConfigurationError> Errors)
{
    private const string Form = "Write --Section:Key=value; --help lists the keys.";

    /// <summary>Reads the command line. Stricter than the host's own reader, which passes over what it does not understand.</summary>
    public static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var errors = new List<ConfigurationError>();
        var (help, version, check, show) = (false, false, false, false);
        for (var i = 0; i < arguments.Count; i++)
        {
            switch (arguments[i])
            {
                case "--help" or "-h":
                    help = true;
                    break;
                case "--version":
                    version = true;
                    break;
                case "--check-config":
                    check = true;
                    break;
                case "--show-config":
                    show = true;
                    break;
                case var argument when TrySplit(argument, out var key, out var value):
                    // '--Key value' takes the next argument, unless that is a flag itself.
                    value ??= i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal) ? arguments[++i] : null;
                    if (value is null)
                    {
                        errors.Add(new("--" + key, null, "command line", "has no value.", Form));
                    }
                    else if (!settings.TryAdd(key, value))
                    {
                        errors.Add(new("--" + key, null, "command line", "is given twice.", "Give it once."));
                    }

                    break;
                default:
                    errors.Add(new("argument", arguments[i], "command line", "is not understood.", Form));
                    break;
            }
        }

        settings.Remove("config-folder", out var folder);
        return new(help, version, check, show, folder, settings, errors);
    }

    private static bool TrySplit(string argument, [NotNullWhen(true)] out string? key, out string? value)
    {
        (key, value) = (null, null);
        if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length < 3)
        {
            return false;
        }

        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        (key, value) = equals < 0 ? (argument[2..], null) : (argument[2..equals], argument[(equals + 1)..]);
        return key.Length > 0;
    }
}
