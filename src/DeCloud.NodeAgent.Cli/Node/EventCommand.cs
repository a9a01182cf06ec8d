using System.CommandLine;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Node;

/// <summary><c>decloud events</c>: follows the node's events, across restarts of the agent, without missing or doubling one.</summary>
internal static class EventCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var json = Shared.Json();
        json.Description = "Print each event as a line of JSON";
        var follow = new Option<bool>("--follow", "-f") { Description = "Follow until Ctrl-C; it always does" };
        var after = new Option<long?>("--after") { Description = "Begin behind this event's id, 0 for the first. Default: what happens from now on", HelpName = "ID" };
        var count = new Option<int?>("--count") { Description = "End after so many events", HelpName = "N" };
        return decloud.On(new("events", "Follow what happens on the node") { follow, after, count, json }, async (session, parsed, cancellation) =>
        {
            var last = parsed.GetValue(after);
            var left = parsed.GetValue(count) ?? int.MaxValue;
            var wasThere = false;
            while (left > 0)
            {
                try
                {
                    using var stream = await session.Agent.OpenEventsAsync(last, cancellation).ConfigureAwait(false);
                    wasThere = true;
                    var body = await stream.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                    await foreach (var (id, data) in EventLines.ReadAsync(body, cancellation).ConfigureAwait(false))
                    {
                        last = id;
                        Print(session, data, parsed.GetValue(json));
                        await session.World.Out.FlushAsync(cancellation).ConfigureAwait(false);
                        if (--left == 0)
                        {
                            return ExitCode.Done;
                        }
                    }
                }
                catch (Exception e) when (wasThere && e is CliException { ExitCode: ExitCode.NotReachable } or ProblemException { Status: 503 } or IOException)
                {
                    // It comes back, or Ctrl-C comes.
                }

                session.Screen.Say(last is null ? "decloud: the stream has ended; looking for the agent again." : $"decloud: the stream has ended behind event {last}; looking for the agent again.");
                await Task.Delay(Pause, session.World.Time, cancellation).ConfigureAwait(false);
            }

            return ExitCode.Done;
        });
    }

    private static void Print(Session session, string data, bool json)
    {
        if (json)
        {
            session.Screen.Json(data);
            return;
        }

        var e = JsonSerializer.Deserialize(data, AgentClient.Types.EventResource)!;
        session.Screen.Line($"{e.Id} {Quantities.Show(e.Entry.At)} {e.Subject} {e.Entry.Type}{(e.Entry.By is { } by ? $" by {by}" : "")}: {e.Entry.Summary}");
    }
}
