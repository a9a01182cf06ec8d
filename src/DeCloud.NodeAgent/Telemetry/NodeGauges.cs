using System.Diagnostics.Metrics;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>How the node, its parts, its image cache and its orchestrator stand, read from the boards when it is asked for.</summary>
internal static class NodeGauges
{
    private static readonly string[] LinkStates = ["unregistered", "registered", "reporting", "logged-in", "unreachable"];

    /// <summary>Adds the instruments.</summary>
    /// <param name="meter">The node's meter.</param>
    /// <param name="version">The agent's version.</param>
    /// <param name="board">Where the parts show how they stand.</param>
    /// <param name="resources">Where the machine is shown.</param>
    public static void AddTo(Meter meter, string version, NodeGaugeBoard board, ResourceBoard resources)
    {
        meter.CreateObservableGauge("decloud.agent.info", () => new Measurement<long>(1, new KeyValuePair<string, object?>("version", version)), null, "1, with the agent's version as a label.");
        meter.CreateObservableGauge("decloud.libvirt.up", () => board.IsHypervisorUp ? 1L : 0, null, "1 while libvirt is connected, else 0.");
        meter.CreateObservableGauge("decloud.vms.reconciled", () => board.IsReconciled ? 1L : 0, null, "1 when every VM was compared with libvirt, else 0.");
        meter.CreateObservableGauge("decloud.foreign.domains", () => (long)board.ForeignDomains, "{domain}", "libvirt domains of this host that are not the agent's.");
        meter.CreateObservableGauge(
            "decloud.actor.mailbox.depth",
            () => board.Mailboxes().Select(m => new Measurement<long>(m.Depth, new KeyValuePair<string, object?>("actor", m.Actor))),
            "{message}",
            "Messages that wait for a part of the node.");
        AddImages(meter, board);
        AddOrchestrator(meter, board);
        AddRemote(meter, board);
        AddHost(meter, resources);
    }

    private static void AddImages(Meter meter, NodeGaugeBoard board)
    {
        Add("decloud.image.cache.entries", "{image}", "Images in the cache.", i => i.Images);
        Add("decloud.image.cache.used", "By", "What the images in the cache take on disk.", i => i.Bytes);
        Add("decloud.image.cache.budget", "By", "What images may take on disk.", i => i.BudgetBytes);
        Add("decloud.image.importing", "{image}", "Images that are being downloaded, checked or converted.", i => i.Importing);

        void Add(string name, string unit, string meaning, Func<ImageGauges, long> value) =>
            meter.CreateObservableGauge(name, () => board.Images is { } images ? [new Measurement<long>(value(images))] : Array.Empty<Measurement<long>>(), unit, meaning);
    }

    private static void AddOrchestrator(Meter meter, NodeGaugeBoard board)
    {
        meter.CreateObservableGauge(
            "decloud.orchestrator.state",
            () => board.Orchestrator is { } link
                ? LinkStates.Select(s => new Measurement<long>(s == link.State ? 1 : 0, new KeyValuePair<string, object?>("state", s)))
                : [],
            null,
            "1 for how the node stands with its HTTP orchestrator, 0 for how it does not.");
        Add("decloud.orchestrator.outbox.results", "{result}", "Results of commands that wait to be told to the orchestrator.", l => l.Outbox);
        Add("decloud.orchestrator.commands.open", "{command}", "Commands of the orchestrator that are being carried out.", l => l.CommandsOpen);
        Add("decloud.orchestrator.failures", "{failure}", "Failures in a row of speaking with the orchestrator.", l => l.Failures);
        Add("decloud.orchestrator.quarantined.vms", "{vm}", "VMs that the orchestrator disowned; they are stopped and kept.", l => l.QuarantinedVms.Count);
        meter.CreateObservableGauge(
            "decloud.orchestrator.last.report.timestamp",
            () => board.Orchestrator is { } link ? [new Measurement<double>((link.LastReportAt ?? DateTimeOffset.UnixEpoch).ToUnixTimeMilliseconds() / 1000.0)] : Array.Empty<Measurement<double>>(),
            "s",
            "When a report to the orchestrator last went well, in seconds since 1970; 0 for never.");

        void Add(string name, string unit, string meaning, Func<Contracts.Rest.OrchestratorResource, long> value) =>
            meter.CreateObservableGauge(name, () => board.Orchestrator is { } link ? [new Measurement<long>(value(link))] : Array.Empty<Measurement<long>>(), unit, meaning);
    }

    private static void AddRemote(Meter meter, NodeGaugeBoard board)
    {
        Add("decloud.remote.attached", null, "1 while an orchestrator is attached over Akka.Remote, else 0.", l => l.Orchestrator is null ? 0 : 1);
        Add("decloud.remote.listening", null, "1 while the node listens for orchestrators over Akka.Remote, 0 when it can't.", l => l.Trouble is null ? 1 : 0);
        Add("decloud.remote.changed.timestamp", "s", "When an orchestrator last attached or went, in seconds since 1970.", l => l.Since.ToUnixTimeMilliseconds() / 1000.0);

        void Add(string name, string? unit, string meaning, Func<RemoteLink, double> value) =>
            meter.CreateObservableGauge(name, () => board.Remote is { } link ? [new Measurement<double>(value(link))] : Array.Empty<Measurement<double>>(), unit, meaning);
    }

    private static void AddHost(Meter meter, ResourceBoard resources)
    {
        Add("decloud.host.cpu.busy", "1", "Part of the processors' time that is used, from 0 to 1.", s => s.Cpu?.BusyPercent / 100);
        Add("decloud.host.cpu.steal", "1", "Part of the processors' time that the hypervisor below takes, from 0 to 1.", s => s.Cpu?.StealPercent / 100);
        Add("decloud.host.load1", null, "Tasks that run or wait, on average over a minute.", s => s.Load?.OneMinute);
        Add("decloud.host.memory.available", "By", "Memory that could be used without swapping.", s => s.Memory?.AvailableBytes);
        Add("decloud.host.memory.size", "By", "Memory that the kernel manages.", s => s.Memory?.TotalBytes);
        Add("decloud.host.snapshot.timestamp", "s", "When the machine was last looked at, in seconds since 1970.", s => s.At.ToUnixTimeMilliseconds() / 1000.0);
        FileSystem("decloud.host.filesystem.available", "What can still be written to a file system of VMs, images or state.", f => f.AvailableBytes);
        FileSystem("decloud.host.filesystem.size", "Size of a file system of VMs, images or state.", f => f.TotalBytes);
        meter.CreateObservableGauge(
            "decloud.host.pressure",
            () => (resources.Snapshot?.Pressure is { } p ? new[] { ("cpu", p.Cpu), ("memory", p.Memory), ("io", p.Io) } : [])
                .Where(stall => stall.Item2 is not null)
                .Select(stall => new Measurement<double>(stall.Item2!.SomeAvg10Percent / 100, new KeyValuePair<string, object?>("resource", stall.Item1))),
            "1",
            "Part of the last 10 seconds in which at least one task waited for the resource, from 0 to 1.");

        void Add(string name, string? unit, string meaning, Func<Contracts.Rest.NodeSnapshot, double?> value) => meter.CreateObservableGauge(
            name, () => resources.Snapshot is { } snapshot && value(snapshot) is { } number ? [new Measurement<double>(number)] : Array.Empty<Measurement<double>>(), unit, meaning);

        void FileSystem(string name, string meaning, Func<Contracts.Rest.FileSystemUsageResource, long> value) => meter.CreateObservableGauge(
            name, () => (resources.Snapshot?.FileSystems ?? []).Select(f => new Measurement<long>(value(f), new KeyValuePair<string, object?>("mountpoint", f.MountPoint))), "By", meaning);
    }
}
