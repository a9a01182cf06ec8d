using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>What this process takes, under the names that Prometheus' own clients use.</summary>
internal static class ProcessGauges
{
    /// <summary>Adds the instruments.</summary>
    public static void AddTo(Meter meter)
    {
        double started;
        using (var process = Process.GetCurrentProcess())
        {
            started = new DateTimeOffset(process.StartTime.ToUniversalTime()).ToUnixTimeMilliseconds() / 1000.0;
        }

        meter.CreateObservableGauge("process.start.time", () => started, "s", "When the agent was started, in seconds since 1970.");
        meter.CreateObservableCounter("process.cpu", () => Environment.CpuUsage.TotalTime.TotalSeconds, "s", "Processor time the agent has used.");
        meter.CreateObservableGauge("process.resident.memory", () => Environment.WorkingSet, "By", "Main memory that the agent takes.");
        meter.CreateObservableGauge("process.open.fds", OpenFiles, "{file}", "Files and sockets that the agent has open.");
        meter.CreateObservableGauge("dotnet.gc.heap", () => GC.GetTotalMemory(forceFullCollection: false), "By", "Managed memory that is in use.");
        meter.CreateObservableCounter(
            "dotnet.gc.collections",
            () => Enumerable.Range(0, GC.MaxGeneration + 1).Select(g => new Measurement<long>(GC.CollectionCount(g), new KeyValuePair<string, object?>("generation", Generation(g)))),
            "{collection}",
            "Garbage collections by generation.");
        meter.CreateObservableCounter("dotnet.gc.pause.time", () => GC.GetTotalPauseDuration().TotalSeconds, "s", "Time for which garbage collections stopped everything.");
        meter.CreateObservableGauge("dotnet.thread.pool.threads", () => (long)ThreadPool.ThreadCount, "{thread}", "Threads of the pool.");
        meter.CreateObservableGauge("dotnet.thread.pool.queue.length", () => ThreadPool.PendingWorkItemCount, "{item}", "Work that waits for a thread of the pool.");
    }

    private static string Generation(int generation) => generation switch { 0 => "gen0", 1 => "gen1", _ => "gen2" };

    private static IEnumerable<Measurement<long>> OpenFiles()
    {
        const string Folder = "/proc/self/fd";
        return OperatingSystem.IsLinux() && Directory.Exists(Folder) ? [new(Directory.EnumerateFileSystemEntries(Folder).LongCount())] : [];
    }
}
