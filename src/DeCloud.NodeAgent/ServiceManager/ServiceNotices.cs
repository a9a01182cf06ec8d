using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.ServiceManager;

/// <summary>
/// Tells the service manager that the agent takes requests, how it is, and that it lives. A sign of life is given only when the actor system has answered: an agent whose process runs and
/// whose actors hang is started again, which touches no VM. Ready is said when the API listens and the node answers, with or without libvirt: an agent that waits for libvirt is at work.
/// </summary>
/// <param name="manager">The service manager.</param>
/// <param name="probe">Asks the node within a time; null when it did not answer.</param>
/// <param name="lifetime">When the process has started and when it ends.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of silence.</param>
internal sealed partial class ServiceNotices(
    NotifySocket manager, Func<TimeSpan, CancellationToken, Task<string?>> probe, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<ServiceNotices> log) : BackgroundService
{
    /// <summary>How often the status is looked at when the manager wants no signs of life, and how long a look may take at most.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(10), MostPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan PaceBeforeReady = TimeSpan.FromMilliseconds(100);

    /// <summary>The time between two looks: a third of what the manager allows, so that one lost sign of life is no death.</summary>
    public TimeSpan Interval { get; } = manager.Watchdog is { } watchdog && watchdog / 3 < Pace ? watchdog / 3 : Pace;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = lifetime.ApplicationStopping.Register(() => manager.Stopping());
        try
        {
            await StartedAsync(stoppingToken).ConfigureAwait(false);
            await NotifyAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // It was said above.
        }
    }

    private async Task StartedAsync(CancellationToken cancellation)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(cancellation).ConfigureAwait(false);
    }

    private async Task NotifyAsync(CancellationToken cancellation)
    {
        var (isReady, wasSilent, told) = (false, false, "");
        while (true)
        {
            var status = await AskAsync(cancellation).ConfigureAwait(false);
            if (status is null)
            {
                if (!wasSilent)
                {
                    LogSilent(log);
                }
            }
            else if (!isReady)
            {
                (isReady, told) = (manager.Ready(status), status);
            }
            else
            {
                if (manager.Watchdog is not null)
                {
                    manager.Beat();
                }

                told = status == told || !manager.Status(status) ? told : status;
            }

            wasSilent = status is null;
            await Task.Delay(isReady ? Interval : PaceBeforeReady, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<string?> AskAsync(CancellationToken cancellation)
    {
        try
        {
            return await probe(Interval < MostPatience ? Interval : MostPatience, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A probe that fails is no sign of life, and no reason to end the process that the next one may find well.
            LogFailed(log, e);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The node does not answer; as long as it does not, the service manager gets no sign of life and will start the agent again")]
    private static partial void LogSilent(ILogger logger);

    [LoggerMessage(2, LogLevel.Error, "The node could not be asked how it is")]
    private static partial void LogFailed(ILogger logger, Exception cause);
}
