using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Actors;

/// <summary><c>decloud actor ...</c></summary>
internal static class ActorCommands
{
    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("actor", "The agent's actors while they run");
        command.Subcommands.Add(Tree(decloud));
        command.Subcommands.Add(Show(decloud));
        command.Subcommands.Add(Top(decloud));
        command.Subcommands.Add(Tail(decloud));
        command.Subcommands.Add(Restart(decloud));
        return command;
    }

    private static Argument<string> Path() => new("PATH") { Description = "Path of the actor, such as /user/node/vms" };

    private static Command Tree(Decloud decloud)
    {
        var under = new Argument<string>("PATH") { Description = "Only this actor and those below it. Default: /user", DefaultValueFactory = _ => "/user" };
        var depth = new Option<int?>("--depth") { Description = "How many levels below it, 0 to 32. Default: all", HelpName = "N" };
        var limit = new Option<int>("--limit") { Description = "How many actors at most, 1 to 5000. Default: 500", HelpName = "N", DefaultValueFactory = _ => 500 };
        var looking = new Looking();
        var command = new Command("tree", "Show the tree of actors, with their state, waiting messages, restarts and last failure") { under, depth, limit };
        looking.AddTo(command);
        return decloud.On(command, (session, parsed, cancellation) =>
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"/api/actors?under={Uri.EscapeDataString(parsed.GetRequiredValue(under))}&limit={parsed.GetValue(limit)}{(parsed.GetValue(depth) is { } levels ? $"&depth={levels}" : "")}");
            return looking.ShowAsync(session, parsed, path, reply =>
            {
                var list = reply.As(AgentClient.Types.ActorListResource);
                session.Screen.Print(ActorTables.Tree(list.Actors, session.World.Time.GetUtcNow()));
                if (list.Truncated)
                {
                    session.Screen.Say("decloud: there are more actors; give --limit or a PATH.");
                }
            }, cancellation);
        });
    }

    private static Command Show(Decloud decloud)
    {
        var path = Path();
        var looking = new Looking();
        var command = new Command("show", "Show one actor: what it does, its step in flight, what its parent did with it") { path };
        looking.AddTo(command);
        return decloud.On(command, (session, parsed, cancellation) => looking.ShowAsync(
            session,
            parsed,
            $"/api/actors/show?path={Uri.EscapeDataString(parsed.GetRequiredValue(path))}",
            reply =>
            {
                var actor = reply.As(AgentClient.Types.ActorDetailResource);
                session.Screen.Print(ActorTables.Facts(actor));
                if (actor.Supervision.Count > 0)
                {
                    session.Screen.Line("");
                    session.Screen.Print(ActorTables.Supervision(actor.Supervision));
                }
            },
            cancellation));
    }

    private static Command Top(Decloud decloud)
    {
        var limit = new Option<int>("--limit") { Description = "How many actors at most, 1 to 500. Default: 20", HelpName = "N", DefaultValueFactory = _ => 20 };
        var looking = new Looking();
        var command = new Command("top", "Show the busiest actors of the next second") { limit };
        looking.AddTo(command);
        return decloud.On(command, (session, parsed, cancellation) => looking.ShowAsync(
            session,
            parsed,
            string.Create(CultureInfo.InvariantCulture, $"/api/actors/top?limit={parsed.GetValue(limit)}"),
            reply => session.Screen.Print(ActorTables.Top(reply.As(AgentClient.Types.ActorTopResource).Actors)),
            cancellation));
    }

    private static Command Tail(Decloud decloud)
    {
        var path = Path();
        var count = new Option<int?>("--count") { Description = "End after so many lines", HelpName = "N" };
        var json = Shared.Json();
        json.Description = "Print each sight as a line of JSON";
        return decloud.On(new("tail", "Follow an actor's messages and log lines as they happen") { path, count, json }, async (session, parsed, cancellation) =>
        {
            void Print(string data)
            {
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(data);
                    return;
                }

                var sight = JsonSerializer.Deserialize(data, AgentClient.Types.TailResource)!;
                session.Screen.Line($"{Quantities.Show(sight.At)} {sight.Kind}{(sight.Type.Length > 0 ? " " + sight.Type : "")}{(sight.Text.Length > 0 ? ": " + sight.Text : "")}");
            }

            await LiveStream.FollowAsync(session, $"/api/actors/tail?path={Uri.EscapeDataString(parsed.GetRequiredValue(path))}", parsed.GetValue(count) ?? int.MaxValue, Print, cancellation).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Command Restart(Decloud decloud)
    {
        var path = Path();
        var (json, key) = (Shared.Json(), Shared.Key());
        return decloud.On(new("restart", "Start an actor again; VMs go on running. For operators, over the agent's socket or with its token") { path, json, key }, async (session, parsed, cancellation) =>
        {
            var body = JsonSerializer.Serialize(new RestartActorRequest { Path = parsed.GetRequiredValue(path) }, AgentClient.Types.RestartActorRequest);
            var reply = await session.Agent.ChangeAsync(HttpMethod.Post, "/api/actors/restart", body, parsed.GetValue(key) ?? Guid.NewGuid().ToString("D"), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(reply.Body);
            }
            else
            {
                session.Screen.Line($"{reply.As(AgentClient.Types.ActorRestartResource).Path} is being started again.");
            }

            return ExitCode.Done;
        });
    }
}
