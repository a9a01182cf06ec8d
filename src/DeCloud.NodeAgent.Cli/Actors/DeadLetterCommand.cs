using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Actors;

/// <summary><c>decloud dead-letters</c></summary>
internal static class DeadLetterCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var follow = new Option<bool>("--follow", "-f") { Description = "Follow those that come, until Ctrl-C" };
        var count = new Option<int?>("--count") { Description = "End --follow after so many", HelpName = "N" };
        var json = Shared.Json();
        return decloud.On(new("dead-letters", "Show the latest messages that reached nobody") { follow, count, json }, async (session, parsed, cancellation) =>
        {
            if (parsed.GetValue(follow))
            {
                await LiveStream.FollowAsync(session, "/api/dead-letters/stream", parsed.GetValue(count) ?? int.MaxValue, Follow, cancellation).ConfigureAwait(false);
                return ExitCode.Done;
            }

            var reply = await session.Agent.GetAsync("/api/dead-letters", cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(reply.Body);
                return ExitCode.Done;
            }

            var list = reply.As(AgentClient.Types.DeadLetterListResource);
            foreach (var letter in list.DeadLetters)
            {
                session.Screen.Line(Line(letter));
            }

            session.Screen.Say(string.Create(CultureInfo.InvariantCulture, $"decloud: {list.Total} since the agent was started; the last {list.DeadLetters.Count} are kept."));
            return ExitCode.Done;

            void Follow(string data)
            {
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(data);
                }
                else
                {
                    session.Screen.Line(Line(JsonSerializer.Deserialize(data, AgentClient.Types.DeadLetterResource)!));
                }
            }
        });
    }

    private static string Line(DeadLetterResource letter) =>
        $"{Quantities.Show(letter.At)} {letter.Type} to {letter.To}{(letter.From is { } from ? " from " + from : "")}{(letter.Text.Length > 0 ? ": " + letter.Text : "")}";
}
