using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Node;

/// <summary><c>decloud waitready</c></summary>
internal static class WaitReadyCommand
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var json = Shared.Json();
        var timeout = Shared.Duration("--timeout", "How long to wait. Default: 60s", TimeSpan.FromSeconds(60));
        return decloud.On(new("waitready", "Wait until the agent runs and takes commands") { timeout, json }, async (session, parsed, cancellation) =>
        {
            var since = session.World.Time.GetTimestamp();
            while (true)
            {
                try
                {
                    var reply = await session.Agent.GetAsync("/readyz", cancellation).ConfigureAwait(false);
                    if (parsed.GetValue(json))
                    {
                        session.Screen.Json(reply.Body);
                    }

                    return ExitCode.Done;
                }
                catch (Exception e) when (e is CliException { ExitCode: ExitCode.NotReachable or ExitCode.Timeout } or ProblemException { Status: 503 })
                {
                    if (session.World.Time.GetElapsedTime(since) >= parsed.GetValue(timeout))
                    {
                        session.Screen.Say($"decloud: not ready after {Quantities.Show(parsed.GetValue(timeout))}. {e.Message}");
                        return ExitCode.Timeout;
                    }
                }

                await Task.Delay(Pause, session.World.Time, cancellation).ConfigureAwait(false);
            }
        });
    }
}
