using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Warnings;

/// <summary><c>decloud warning ...</c></summary>
internal static class WarningCommands
{
    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("warning", "What wants attention");
        command.Subcommands.Add(List(decloud));
        command.Subcommands.Add(Acknowledge(decloud));
        command.Subcommands.Add(Unacknowledge(decloud));
        return command;
    }

    private static Argument<string> Id() => new("ID") { Description = "Id of the warning" };

    private static Command List(Decloud decloud)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Show those too that have ended" };
        var looking = new Looking();
        var command = new Command("list", "List warnings, the worst first, with what to do") { all };
        command.Aliases.Add("ls");
        looking.AddTo(command);
        return decloud.On(command, (session, parsed, cancellation) => looking.ShowAsync(
            session,
            parsed,
            parsed.GetValue(all) ? "/api/warnings?state=all" : "/api/warnings",
            reply => Print(session, reply.As(AgentClient.Types.WarningListResource).Warnings),
            cancellation));
    }

    private static Command Acknowledge(Decloud decloud)
    {
        var id = Id();
        var note = new Option<string?>("--note") { Description = "A word for those who come after, at most 500 characters", HelpName = "TEXT" };
        var (json, key) = (Shared.Json(), Shared.Key());
        return decloud.On(new("ack", "Acknowledge a warning: somebody has seen it") { id, note, json, key }, (session, parsed, cancellation) =>
        {
            var body = JsonSerializer.Serialize(new AcknowledgeWarningRequest { Note = parsed.GetValue(note) }, AgentClient.Types.AcknowledgeWarningRequest);
            return ChangeAsync(session, HttpMethod.Post, parsed.GetRequiredValue(id), body, parsed.GetValue(key), parsed.GetValue(json), "is acknowledged", cancellation);
        });
    }

    private static Command Unacknowledge(Decloud decloud)
    {
        var id = Id();
        var (json, key) = (Shared.Json(), Shared.Key());
        return decloud.On(new("unack", "Take an acknowledgement back") { id, json, key }, (session, parsed, cancellation) =>
            ChangeAsync(session, HttpMethod.Delete, parsed.GetRequiredValue(id), null, parsed.GetValue(key), parsed.GetValue(json), "counts as unseen again", cancellation));
    }

    private static async Task<int> ChangeAsync(Session session, HttpMethod method, string id, string? body, string? key, bool json, string done, CancellationToken cancellation)
    {
        var reply = await session.Agent.ChangeAsync(method, $"/api/warnings/{Uri.EscapeDataString(id)}/acknowledge", body, key ?? Guid.NewGuid().ToString("D"), cancellation).ConfigureAwait(false);
        if (json)
        {
            session.Screen.Json(reply.Body);
        }
        else
        {
            session.Screen.Line($"{reply.As(AgentClient.Types.WarningResource).Id} {done}.");
        }

        return ExitCode.Done;
    }

    private static void Print(Session session, IReadOnlyList<WarningResource> warnings)
    {
        var now = session.World.Time.GetUtcNow();
        var table = Cells.Table("SEVERITY", "ID", "SUBJECT", "SINCE", "COUNT", "SEEN BY", "WHAT");
        foreach (var warning in warnings)
        {
            table.AddRow(
                warning.Active ? Cells.State(warning.Severity) : Cells.Of("ended"),
                Cells.Of(warning.Id),
                Cells.Of(warning.Subject),
                Cells.Of(Quantities.Show(now - warning.FirstSeen)),
                Cells.Of(warning.Count.ToString(CultureInfo.InvariantCulture)),
                Cells.Of(warning.Acknowledged?.By),
                Cells.Of($"{warning.Title}. {warning.Detail}"));
        }

        session.Screen.Print(table);
        foreach (var remedy in warnings.Where(w => w.Active).DistinctBy(w => w.Kind))
        {
            session.Screen.Say($"{remedy.Kind}: {remedy.Remedy}");
        }
    }
}
