using System.Diagnostics;
using Akka.Actor;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;
using Report = DeCloud.NodeAgent.Benchmarks.Measure.Report;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Remote;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>A thousand simulated nodes on one sample orchestrator: whether every heartbeat arrives, and what a node costs there.</summary>
internal static class NodesBenchmark
{
    private const int Links = 50;
    private const int NodesPerLink = 20;
    private const int HeartbeatSeconds = 5;
    private const int MeasuredSeconds = 30;
    private static readonly TimeSpan AttachDeadline = TimeSpan.FromSeconds(120);

    public static async Task RunAsync(Setting setting, Report report)
    {
        var folder = setting.NewFolder("nodes");
        using var authority = Certificates.Authority(folder);
        Certificates.Certify(authority, folder, "orchestrator", ["orchestrator"]);
        var hardening = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "hocon", "edge.conf")) + "\nakka { loglevel = OFF, stdout-loglevel = OFF, loggers = [] }";
        var systems = new List<ActorSystem>();
        var addresses = new List<string>();
        for (var link = 0; link < Links; link++)
        {
            var names = Enumerable.Range(0, NodesPerLink).Select(i => $"sim-{link}-{i}").ToList();
            Certificates.Certify(authority, folder, $"link-{link}", names);
            var port = LoopbackServer.FreePort();
            var certificates = PeerCertificates.Load(FileOf($"link-{link}.pem"), FileOf($"link-{link}.key"), FileOf("ca.pem"));
            var system = PeerSystem.Create(RemoteProtocol.EdgeSystem, hardening, new("127.0.0.1", port, 128 << 10), certificates, () => ["orchestrator"], (_, _) => { });
            systems.Add(system);
            foreach (var name in names)
            {
                system.ActorOf(Props.Create(() => new SimulatedNode(name)), name);
                addresses.Add($"{name}=127.0.0.1:{port}/user/{name}");
            }
        }

        await File.WriteAllLinesAsync(FileOf("nodes"), addresses);
        using var orchestrator = OrchestratorProgram.Start(folder, HeartbeatSeconds, "--nodes", FileOf("nodes"));
        var since = Stopwatch.GetTimestamp();
        await orchestrator.AttachedAsync(Links * NodesPerLink, AttachDeadline);
        var attached = Stopwatch.GetElapsedTime(since);
        // Every node has beaten at least once, and the work of attaching is over.
        await Task.Delay(TimeSpan.FromSeconds(HeartbeatSeconds));
        var begin = await orchestrator.TotalsAsync();
        var started = Stopwatch.GetTimestamp();
        await Task.Delay(TimeSpan.FromSeconds(MeasuredSeconds));
        var end = await orchestrator.TotalsAsync();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await orchestrator.QuitAsync();
        foreach (var system in systems)
        {
            await system.Terminate();
        }

        const int nodes = Links * NodesPerLink;
        var beats = end.GetProperty("beats").GetInt64() - begin.GetProperty("beats").GetInt64();
        var expected = nodes * seconds / HeartbeatSeconds;
        var cpu = (end.GetProperty("cpuMilliseconds").GetInt64() - begin.GetProperty("cpuMilliseconds").GetInt64()) / seconds;
        report.Tell($"{nodes} simulated nodes over {Links} links attach to one orchestrator", $"{attached.TotalSeconds:0.0} s");
        report.AtLeast($"heartbeats of {nodes} nodes that arrive, every {HeartbeatSeconds} s", $"{beats} of {expected:0} in {seconds:0} s", beats / expected, 0.98, "of those due");
        report.Tell("attaches that were repeated meanwhile", $"{end.GetProperty("attaches").GetInt64() - nodes}");
        report.Tell("orchestrator, processor time per node", $"{cpu / nodes * 1000:0} µs a second ({cpu / 10:0.0} % of a core in all)");
        report.Tell("orchestrator, memory per node", $"{end.GetProperty("memoryBytes").GetInt64() / 1024.0 / nodes:0} KiB ({end.GetProperty("memoryBytes").GetInt64() >> 20} MiB in all)");

        string FileOf(string name) => Path.Combine(folder, name);
    }

    /// <summary>Says what a node says, and has no machine behind it.</summary>
    private sealed class SimulatedNode : ReceiveActor, IWithTimers
    {
        private readonly string _name;
        private IActorRef _orchestrator = ActorRefs.Nobody;
        private Guid _session;
        private long _beats;

        public SimulatedNode(string name)
        {
            _name = name;
            Receive<Attach>(Begin);
            Receive<Ack>(_ => { });
            Receive<string>(_ => _orchestrator.Tell(new Heartbeat(
                _session, ++_beats, TimeProvider.System.GetUtcNow(), 0, new Dictionary<string, int> { ["running"] = 12, ["stopped"] = 3 }, new(64, 1L << 38, 1L << 42, 40, 1L << 36, 1L << 40), true)));
            ReceiveAny(_ => { });
        }

        public ITimerScheduler Timers { get; set; } = null!;

        private void Begin(Attach attach)
        {
            (_session, _orchestrator) = (attach.Session, Sender);
            Sender.Tell(new Attached(attach.Session, _name, 1, attach.Epoch, 0, 100_000, 20, "simulated", TimeProvider.System.GetUtcNow()));
            Timers.StartPeriodicTimer("beat", "beat", TimeSpan.FromSeconds(attach.HeartbeatSeconds));
        }
    }
}
