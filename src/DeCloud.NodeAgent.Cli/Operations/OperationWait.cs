using System.Globalization;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Operations;

/// <summary>Waits for the end of an operation. The operation is the agent's: it goes on when nobody waits, and it outlives a restart of the agent, which is waited for too.</summary>
/// <param name="session">The run.</param>
/// <param name="subject">What it works on, for people; null for what it says itself.</param>
/// <param name="json">Whether to print the operation as JSON at its end.</param>
/// <param name="timeout">How long to wait; zero for ever.</param>
internal sealed class OperationWait(Session session, string? subject, bool json, TimeSpan timeout)
{
    /// <summary>How long one request waits; short where progress is looked at.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(500), Long = TimeSpan.FromSeconds(30);

    /// <summary>How long an agent may be away that was there before, and how often it is looked for.</summary>
    private static readonly TimeSpan RestartPatience = TimeSpan.FromSeconds(60), RestartPause = TimeSpan.FromMilliseconds(250);

    /// <summary>Waits.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="cancellation">Ctrl-C: the wait ends, the operation goes on.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> UntilEndAsync(string id, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var clock = timeout > TimeSpan.Zero ? session.World.Time.CreateTimer(_ => end.Cancel(), null, timeout, Timeout.InfiniteTimeSpan) : null;
        try
        {
            var (operation, body) = session.Screen.ShowsProgress ? await WithBarAsync(id, end.Token).ConfigureAwait(false) : await PollAsync(id, Long, _ => { }, end.Token).ConfigureAwait(false);
            return Tell(operation, body);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            var isInterrupted = cancellation.IsCancellationRequested;
            session.Screen.Say($"decloud: {(isInterrupted ? "interrupted" : $"not ended after {Quantities.Show(timeout)}")}; the operation goes on. Follow it with: decloud op wait {id}");
            return isInterrupted ? ExitCode.Interrupted : ExitCode.Timeout;
        }
    }

    private Task<(OperationResource Operation, string Body)> WithBarAsync(string id, CancellationToken cancellation) => session.Screen.Messages.Progress()
        .AutoClear(true)
        .HideCompleted(true)
        .Columns(new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .StartAsync(progress =>
        {
            var bar = progress.AddTask(Markup.Escape(TerminalText.Escape(subject ?? id)), maxValue: 1);
            bar.IsIndeterminate = true;
            return PollAsync(id, Glance, operation => Draw(bar, operation), cancellation);
        });

    private void Draw(ProgressTask bar, OperationResource operation)
    {
        // What the bar is told is markup; a stage, a name or an error in it must stay text.
        var stage = operation.Error is { } error ? $"{operation.Stage}: {error.Message}" : operation.Stage;
        var amount = operation.Progress switch
        {
            { TotalBytes: { } total } known => $" {Quantities.Show(known.DoneBytes)} of {Quantities.Show(total)}",
            { } unknown => $" {Quantities.Show(unknown.DoneBytes)}",
            null => "",
        };
        bar.Description = Markup.Escape(TerminalText.Escape($"{operation.Kind} {subject ?? operation.Resource} {stage}{amount}".TrimEnd()));
        bar.IsIndeterminate = operation.Progress is not { TotalBytes: > 0 };
        if (operation.Progress is { TotalBytes: > 0 and var size } sized)
        {
            bar.MaxValue = size;
            bar.Value = Math.Min(sized.DoneBytes, size);
        }
    }

    private async Task<(OperationResource Operation, string Body)> PollAsync(string id, TimeSpan wait, Action<OperationResource> seen, CancellationToken cancellation)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"/api/operations/{Uri.EscapeDataString(id)}?wait={wait.TotalMilliseconds:0}ms");
        long? awaySince = null;
        var wasThere = false;
        while (true)
        {
            try
            {
                var reply = await session.Agent.GetAsync(path, cancellation, wait).ConfigureAwait(false);
                var operation = reply.As(AgentClient.Types.OperationResource);
                if (operation.Status != "running")
                {
                    return (operation, reply.Body);
                }

                (wasThere, awaySince) = (true, null);
                seen(operation);
            }
            catch (Exception e) when (IsAway(e) && (wasThere || subject is not null))
            {
                awaySince ??= session.World.Time.GetTimestamp();
                if (session.World.Time.GetElapsedTime(awaySince.Value) > RestartPatience)
                {
                    session.Screen.Say($"decloud: the agent has been away for {Quantities.Show(RestartPatience)}. When it is back: decloud op wait {id}");
                    throw;
                }

                await Task.Delay(RestartPause, session.World.Time, cancellation).ConfigureAwait(false);
            }
        }
    }

    // 503: it stops, or it starts and has not read its journal yet.
    private static bool IsAway(Exception e) => e is CliException { ExitCode: ExitCode.NotReachable } or ProblemException { Status: 503 };

    private int Tell(OperationResource operation, string body)
    {
        if (json)
        {
            session.Screen.Json(body);
        }

        var what = $"{operation.Kind} {subject ?? operation.Resource}";
        if (operation.Status == "succeeded")
        {
            if (!json)
            {
                session.Screen.Line($"{what}: succeeded");
            }

            return ExitCode.Done;
        }

        session.Screen.Say(operation.Status == "superseded"
            ? $"decloud: {what}: superseded; a later request for the same VM took its place."
            : $"decloud: {what}: {operation.Status}{(operation.Error is { } error ? $" ({error.Code}): {error.Message}" : ".")}");
        return ExitCode.Refused;
    }
}
