using System.CommandLine;
using System.Globalization;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Actors;

/// <summary><c>decloud journal ...</c></summary>
internal static class JournalCommands
{
    private const int PageSize = 1000;

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("journal", "What the agent has stored");
        command.Subcommands.Add(Show(decloud));
        return command;
    }

    private static Command Show(Decloud decloud)
    {
        var id = new Argument<string>("ID") { Description = "Whose events: vm-ID, vms, images, ports, wireguard, orchestrator, remote or warnings" };
        var after = new Option<long>("--after") { Description = "Only events behind this number", HelpName = "N" };
        var limit = new Option<int?>("--limit") { Description = "How many events at most. Default: all", HelpName = "N" };
        var json = Shared.Json();
        return decloud.On(new("show", "Show the events of one subject, the oldest first") { id, after, limit, json }, async (session, parsed, cancellation) =>
        {
            var left = parsed.GetValue(limit) ?? int.MaxValue;
            long? next = parsed.GetValue(after);
            while (next is { } behind && left > 0)
            {
                var path = string.Create(CultureInfo.InvariantCulture, $"/api/journal/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}?after={behind}&limit={Math.Min(left, PageSize)}");
                var reply = await session.Agent.GetAsync(path, cancellation).ConfigureAwait(false);
                var page = reply.As(AgentClient.Types.JournalPageResource);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                }
                else
                {
                    foreach (var e in page.Events)
                    {
                        session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"{e.Sequence} {Quantities.Show(e.At)} {e.Manifest}{(e.Text.Length > 0 ? ": " + e.Text : "")}"));
                    }
                }

                left -= page.Events.Count;
                next = page.Next;
            }

            return ExitCode.Done;
        });
    }
}
