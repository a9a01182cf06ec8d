using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Footprint;

/// <summary>
/// Gives back, once, the memory that only the start needed: reading settings, building routes and compiling leave garbage, and an agent without work may not allocate enough for
/// the collector to come by itself for hours.
/// </summary>
/// <param name="lifetime">Says when the start is over.</param>
/// <param name="time">The clock.</param>
/// <param name="giveBack">Gives it back: <see cref="GiveBack"/>.</param>
internal sealed class StartupMemory(IHostApplicationLifetime lifetime, TimeProvider time, Action giveBack) : BackgroundService
{
    /// <summary>Long enough that what the agent does every ten seconds was done twice, and so has been compiled for the last time.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(21);

    /// <summary>Collects and compacts everything, and returns what is free to the kernel.</summary>
    public static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
        {
            NativeHeap.Trim();
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        await Task.Delay(Settling, time, stoppingToken);
        giveBack();
    }
}
