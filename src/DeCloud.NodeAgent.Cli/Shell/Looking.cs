using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>The options of a command that shows something of the agent: as JSON, and again and again.</summary>
internal sealed class Looking
{
    private readonly Option<bool> _json = Shared.Json();
    private readonly Option<bool> _watch = Shared.Watch();
    private readonly Option<TimeSpan> _interval = Shared.Interval();

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_json);
        command.Options.Add(_watch);
        command.Options.Add(_interval);
    }

    /// <summary>Shows what a path answers, as often as was asked for.</summary>
    /// <param name="session">The agent and the screen.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="print">Prints the answer for people.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    public async Task<int> ShowAsync(Session session, ParseResult parsed, string path, Action<Reply> print, CancellationToken cancellation)
    {
        async Task OnceAsync()
        {
            var reply = await session.Agent.GetAsync(path, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(_json))
            {
                session.Screen.Json(reply.Body);
            }
            else
            {
                print(reply);
            }
        }

        await (parsed.GetValue(_watch) ? session.Screen.WatchAsync(parsed.GetValue(_interval), OnceAsync, cancellation) : OnceAsync()).ConfigureAwait(false);
        return ExitCode.Done;
    }
}
