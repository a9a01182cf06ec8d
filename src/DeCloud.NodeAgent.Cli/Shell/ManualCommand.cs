using System.CommandLine;
using System.Globalization;
using System.Text;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary><c>decloud manual</c>: this program's manual page, made of what its commands say of themselves. Hidden: packages call it.</summary>
internal static class ManualCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="decloud">The program.</param>
    /// <param name="root">All its commands.</param>
    public static Command Build(Decloud decloud, Command root)
    {
        var date = new Option<string>("--date") { Description = "The date in the page's foot", DefaultValueFactory = _ => "" };
        var version = new Option<string>("--package-version") { Description = "The version in the page's foot", DefaultValueFactory = _ => "" };
        return decloud.On(new("manual", "Print the manual page") { Hidden = true, Options = { date, version } }, (session, parsed, _) =>
        {
            session.Screen.Verbatim(Page(root, parsed.GetValue(date)!, parsed.GetValue(version)!));
            return Task.FromResult(ExitCode.Done);
        });
    }

    private static string Page(Command root, string date, string version)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $".TH DECLOUD 1 \"{Text(date)}\" \"DeCloud {Text(version)}\" \"User Commands\"\n");
        page.Append(".SH NAME\ndecloud \\- looks after the virtual machines of a DeCloud node\n");
        page.Append(".SH SYNOPSIS\n.B decloud\n.I COMMAND\n.RI [ OPTIONS ]\n");
        page.Append(".SH DESCRIPTION\nCommands the DeCloud agent of this host, or of another, over its Unix socket or its URL. Results go to standard output, everything else to standard error.\n");
        page.Append(".SH OPTIONS OF EVERY COMMAND\n");
        Options(page, root);
        page.Append(".SH COMMANDS\n");
        Commands(page, root, "decloud");
        page.Append(CultureInfo.InvariantCulture, $".SH EXIT STATUS\n{Text(ExitCode.Help)}\n");
        page.Append(".SH ENVIRONMENT\nDECLOUD_URL, DECLOUD_SOCKET, DECLOUD_TOKEN_FILE, DECLOUD_CATALOGUE; NO_COLOR turns colours off.\n");
        page.Append(".SH FILES\n.TP\n.I /run/decloud/agent.sock\nthe agent's socket, for members of the group decloud\n.TP\n.I /etc/decloud/images.json\na catalogue of named images in place of the built-in one\n");
        page.Append(".SH SEE ALSO\n.BR decloud-agent (8)\n");
        return page.ToString();
    }

    private static void Commands(StringBuilder page, Command parent, string path)
    {
        foreach (var command in parent.Subcommands.Where(c => !c.Hidden))
        {
            var name = $"{path} {command.Name}";
            if (command.Subcommands.Count > 0)
            {
                Commands(page, command, name);
                continue;
            }

            var arguments = string.Concat(command.Arguments.Where(a => !a.Hidden).Select(a => a.Arity.MinimumNumberOfValues == 0 ? $" [{a.Name}]" : $" {a.Name}"));
            page.Append(CultureInfo.InvariantCulture, $".SS \"{Text(name + arguments)}\"\n{Text(command.Description ?? "")}.\n");
            foreach (var argument in command.Arguments.Where(a => !a.Hidden && a.Description is not null))
            {
                page.Append(CultureInfo.InvariantCulture, $".TP\n.I {Text(argument.Name)}\n{Text(argument.Description!)}\n");
            }

            Options(page, command);
        }
    }

    private static void Options(StringBuilder page, Command command)
    {
        foreach (var option in command.Options.Where(o => !o.Hidden && o.Description is not null))
        {
            var names = string.Join(", ", option.Aliases.Prepend(option.Name).Distinct().OrderBy(n => n.Length));
            page.Append(CultureInfo.InvariantCulture, $".TP\n.B {Text(names)}{(option.HelpName is { } value ? $" {Text(value)}" : "")}\n{Text(option.Description!)}\n");
        }
    }

    // A backslash, a hyphen and a line that begins with a dot or an apostrophe mean something to roff.
    private static string Text(string text)
    {
        var plain = text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal).Replace("\"", "\\(dq", StringComparison.Ordinal);
        return plain is ['.' or '\'', ..] ? "\\&" + plain : plain;
    }
}
