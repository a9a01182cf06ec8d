using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Configuration;

/// <summary>
/// <c>decloud config ...</c>. What the agent runs with only the agent knows, its flags and its environment too, so <c>show</c> asks its API; whether files are right must be told before an
/// agent starts with them, so <c>validate</c> runs the agent's own program.
/// </summary>
internal static class ConfigCommands
{
    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("config", "The agent's settings");
        command.Subcommands.Add(Show(decloud));
        command.Subcommands.Add(Validate(decloud));
        return command;
    }

    private static Command Show(Decloud decloud)
    {
        var json = Shared.Json();
        var changed = new Option<bool>("--changed") { Description = "Only what was set here, beside what comes with the program" };
        var section = new Option<string?>("--section") { Description = "Only keys of this section, such as Libvirt", HelpName = "NAME" };
        return decloud.On(new("show", "Show every setting the agent runs with, and where it was written; secrets are hidden") { changed, section, json }, async (session, parsed, cancellation) =>
        {
            var reply = await session.Agent.GetAsync("/api/node/configuration", cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(reply.Body);
                return ExitCode.Done;
            }

            var prefix = parsed.GetValue(section) is { } name ? name + ":" : "";
            session.Screen.Print(Table(reply.As(AgentClient.Types.ConfigurationResource).Settings
                .Where(s => s.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && (s.IsChanged || !parsed.GetValue(changed)))));
            return ExitCode.Done;
        });
    }

    private static Command Validate(Decloud decloud)
    {
        var program = new Option<string>("--agent") { Description = $"The agent's program. Default: {AgentProgram.Installed}", HelpName = "PATH", DefaultValueFactory = _ => AgentProgram.Installed };
        var json = Shared.Json();
        var folder = new Option<string?>("--config-folder") { Description = "The folder that holds conf.d, instead of the service's own", HelpName = "PATH" };
        return decloud.On(new("validate", "Check the settings' files of this host before the agent starts with them; ends with 1 when something is wrong") { folder, program, json }, async (session, parsed, cancellation) =>
        {
            var path = parsed.GetValue(program)!;
            string[] arguments = parsed.GetValue(folder) is { } given ? ["--check-config", "--config-folder=" + given] : ["--check-config"];
            if (await AgentProgram.RunAsync(path, arguments, cancellation).ConfigureAwait(false) is not { } ran)
            {
                throw new CliException(ExitCode.Usage, $"The agent's program {path} can't be run here. --agent names another; on the agent's own host: decloud config validate");
            }

            var errors = ran.Errors.TrimEnd('\n').Replace("decloud-agent does not start: ", "", StringComparison.Ordinal);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(Outcome.Checked(ran.Exit == 0, ran.Output + "\n" + errors));
            }
            else
            {
                session.Screen.Text(ran.Output);
                if (errors.Length > 0)
                {
                    session.Screen.Say(errors);
                }
            }

            return ran.Exit == 0 ? ExitCode.Done : ExitCode.Refused;
        });
    }

    private static Table Table(IEnumerable<SettingResource> settings)
    {
        var table = Cells.Table("KEY", "VALUE", "ORIGIN");
        foreach (var setting in settings)
        {
            table.AddRow(Cells.Of(setting.Key), Cells.Of(setting.Value), Cells.Of(setting.Origin));
        }

        return table;
    }
}
