using System.Runtime.CompilerServices;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Agent;

/// <summary>Follows a stream of the agent that begins now and knows no resume, across restarts of the agent.</summary>
internal static class LiveStream
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Follows until so many events were told, or Ctrl-C.</summary>
    /// <param name="session">The agent and the screen.</param>
    /// <param name="path">Path and query.</param>
    /// <param name="count">How many events at most.</param>
    /// <param name="print">Prints the data of one.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    public static async Task FollowAsync(Session session, string path, int count, Action<string> print, CancellationToken cancellation)
    {
        var wasThere = false;
        while (true)
        {
            try
            {
                using var stream = await session.Agent.OpenStreamAsync(path, cancellation).ConfigureAwait(false);
                wasThere = true;
                var body = await stream.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
                await foreach (var data in ReadAsync(body, cancellation).ConfigureAwait(false))
                {
                    print(data);
                    await session.World.Out.FlushAsync(cancellation).ConfigureAwait(false);
                    if (--count <= 0)
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (wasThere && e is CliException { ExitCode: ExitCode.NotReachable } or ProblemException { Status: 503 } or IOException)
            {
                // It comes back, or Ctrl-C comes.
            }

            session.Screen.Say("decloud: the stream has ended, and what happens now is not told; looking for the agent again.");
            await Task.Delay(Pause, session.World.Time, cancellation).ConfigureAwait(false);
        }
    }

    private static async IAsyncEnumerable<string> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            // The agent writes the data of an event in one line; names and comments are not needed here.
            if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                yield return line["data: ".Length..];
            }
        }
    }
}
