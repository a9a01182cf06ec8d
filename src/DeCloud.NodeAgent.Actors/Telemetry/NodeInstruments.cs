using System.Diagnostics.Metrics;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Telemetry;

/// <summary>What actors count and measure as it happens. Costs a comparison where nobody listens; every label has few values, none of them a tenant's.</summary>
public static class NodeInstruments
{
    /// <summary>The name of the agent's meters.</summary>
    public const string MeterName = "DeCloud.NodeAgent";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>From a blink to a large download.</summary>
    private static readonly InstrumentAdvice<double> LongWork = new() { HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] };

    private static readonly Histogram<double> Operations = Meter.CreateHistogram<double>(
        "decloud.operation.duration", "s", "Time from accepting an operation until its end, by kind and outcome.", advice: LongWork);

    private static readonly Histogram<double> Steps = Meter.CreateHistogram<double>(
        "decloud.vm.step.duration", "s", "Time a step of a VM took, by step and outcome.", advice: LongWork);

    private static readonly Histogram<double> Commits = Meter.CreateHistogram<double>(
        "decloud.journal.commit.duration",
        "s",
        "Time a transaction of the journal took until it was on the disk, by outcome.",
        advice: new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] });

    private static readonly Counter<long> Writes = Meter.CreateCounter<long>("decloud.journal.writes", "{write}", "Writes that the journal was given, by outcome.");

    private static readonly Counter<long> Restarts = Meter.CreateCounter<long>("decloud.actor.restarts", "{restart}", "Actors that fell and were started again, by kind of actor.");

    private static readonly Counter<long> Lookups = Meter.CreateCounter<long>("decloud.image.lookups", "{lookup}", "Images that VMs asked the cache for, by whether they were there.");

    private static readonly Counter<long> Imports = Meter.CreateCounter<long>("decloud.image.imports", "{import}", "Imports of images that ended, by outcome.");

    private static readonly Counter<long> Removals = Meter.CreateCounter<long>("decloud.image.removals", "{image}", "Images that left the cache, by reason.");

    private static readonly Counter<long> LinkSteps = Meter.CreateCounter<long>("decloud.orchestrator.requests", "{request}", "Requests to the HTTP orchestrator, heartbeats among them, by step and outcome.");

    internal static void OperationEnded(string kind, OperationStatus outcome, TimeSpan took)
    {
        if (Operations.Enabled)
        {
            Operations.Record(Math.Max(0, took.TotalSeconds), new KeyValuePair<string, object?>("kind", kind), new("outcome", VmWords.Of(outcome)));
        }
    }

    internal static void StepEnded(VmStep step, bool isTaken, TimeSpan took)
    {
        if (Steps.Enabled)
        {
            Steps.Record(took.TotalSeconds, new KeyValuePair<string, object?>("step", VmWords.Of(step)), new("outcome", isTaken ? "succeeded" : "failed"));
        }
    }

    internal static void Committed(int writes, bool isStored, TimeSpan took)
    {
        var outcome = new KeyValuePair<string, object?>("outcome", isStored ? "stored" : "failed");
        Commits.Record(took.TotalSeconds, outcome);
        Writes.Add(writes, outcome);
    }

    /// <summary>What may fall is shown from the start: a counter whose first value is 1 has not grown for whoever compares.</summary>
    internal static void MayRestart(string actor) => Restarts.Add(0, new KeyValuePair<string, object?>("actor", actor));

    internal static void Restarted(string actor) => Restarts.Add(1, new KeyValuePair<string, object?>("actor", actor));

    /// <summary>The image cache begins, with nothing counted yet.</summary>
    internal static void CacheBegins()
    {
        foreach (var result in new[] { "hit", "miss" })
        {
            Lookups.Add(0, new KeyValuePair<string, object?>("result", result));
        }

        foreach (var outcome in new[] { "succeeded", "failed" })
        {
            Imports.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        }

        foreach (var reason in new[] { "asked", "evicted" })
        {
            Removals.Add(0, new KeyValuePair<string, object?>("reason", reason));
        }
    }

    internal static void LookedUp(bool isThere) => Lookups.Add(1, new KeyValuePair<string, object?>("result", isThere ? "hit" : "miss"));

    internal static void Imported(bool isImported) => Imports.Add(1, new KeyValuePair<string, object?>("outcome", isImported ? "succeeded" : "failed"));

    internal static void Removed(string reason) => Removals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    internal static void LinkStepped(string step, string outcome) => LinkSteps.Add(1, new KeyValuePair<string, object?>("step", step), new("outcome", outcome));
}
