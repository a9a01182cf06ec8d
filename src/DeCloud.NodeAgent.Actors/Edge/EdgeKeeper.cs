using Akka.Actor;
using Akka.Hosting;
using Akka.Hosting.Logging;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Actors.Telemetry;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Remote;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace DeCloud.NodeAgent.Actors.Edge;

/// <summary>
/// Keeps the edge alive: an actor system of its own, with the gateway alone in it. A TLS failure towards an orchestrator ends such a system, so it is watched and started again after a pause;
/// the core system, the VMs and the process never notice. Registered behind the core system, so that it is stopped before it.
/// </summary>
/// <param name="options">How orchestrators reach the node.</param>
/// <param name="node">The node's root actor.</param>
/// <param name="feed">The node's events.</param>
/// <param name="board">What every VM looks like.</param>
/// <param name="rules">What a VM may be.</param>
/// <param name="loggers">Where the edge's actors log to.</param>
/// <param name="time">The clock.</param>
/// <param name="gauges">Where it shows how the node stands with orchestrators.</param>
public sealed partial class EdgeKeeper(
    EdgeOptions options, IRequiredActor<NodeKey> node, IEventFeed feed, VmBoard board, IVmRequestRules rules, ILoggerFactory loggers, TimeProvider time, NodeGaugeBoard gauges) : BackgroundService
{
    private const string Loggers = "\nakka.loggers = [\"DeCloud.NodeAgent.Actors.Node.ActorLog, DeCloud.NodeAgent.Actors\"]\n";
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(5);

    private readonly ILogger _log = loggers.CreateLogger("DeCloud.NodeAgent.Edge");

    /// <summary>The edge's actor system while there is one, for those who inspect it.</summary>
    public ActorSystem? System { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The start of the host waits for nothing here.
        await Task.Yield();
        gauges.ChangeRemote(time.GetUtcNow(), link => link);
        var pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            var since = time.GetTimestamp();
            try
            {
                await LiveAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // Whatever it was (a taken port, a broken certificate): the agent runs on, and it is tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                gauges.ChangeRemote(time.GetUtcNow(), link => link.Failed(e.Message, time.GetUtcNow()));
                LogFailed(e.Message, pause);
            }

            pause = time.GetElapsedTime(since) > Settled ? FirstPause : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One life of the edge.</summary>
    private async Task LiveAsync(CancellationToken stopping)
    {
        using var certificates = options.LoadCertificates();
        var root = await node.GetAsync(stopping).ConfigureAwait(false);
        var system = PeerSystem.Create(
            RemoteProtocol.EdgeSystem,
            options.Hardening + Loggers,
            options.Endpoint,
            certificates,
            () => options.Orchestrators,
            LogRefused,
            new LoggerFactorySetup(loggers));
        try
        {
            var parts = new GatewayParts(
                root, feed, board, rules, new(certificates.Name, options.Orchestrators), options.Endpoint.MaxFrameBytes - RemoteProtocol.EnvelopeBytes, options.AgentVersion, time)
            {
                Gauges = gauges,
            };
            system.ActorOf(Props.Create(() => new OrchestratorGateway(parts)), "orchestrator");
            System = system;
            var address = ((ExtendedActorSystem)system).Provider.DefaultAddress;
            gauges.ChangeRemote(time.GetUtcNow(), link => link.Listening());
            LogListening(certificates.Name, address.Host, address.Port, string.Join(", ", options.Orchestrators));
            await system.WhenTerminated.WaitAsync(stopping).ConfigureAwait(false);
            LogEnded();
        }
        finally
        {
            System = null;
            await system.Terminate().WaitAsync(StopDeadline, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(1100, LogLevel.Information, "Node '{Node}' listens for orchestrators on {Host}:{Port} and obeys: {Orchestrators}")]
    private partial void LogListening(string node, string? host, int? port, string orchestrators);

    [LoggerMessage(1101, LogLevel.Warning, "A peer at {Peer} was refused: {Objection}")]
    private partial void LogRefused(string peer, string objection);

    [LoggerMessage(1102, LogLevel.Warning, "The edge ended by itself, as it does when a peer it called could not be trusted; it is started again. No VM is touched")]
    private partial void LogEnded();

    [LoggerMessage(1103, LogLevel.Error, "The edge could not be started: {Reason} It is tried again in at least {Pause}; the node works on without it")]
    private partial void LogFailed(string reason, TimeSpan pause);
}
