using System.Collections.Concurrent;
using Akka.Actor;
using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Remote;

namespace DeCloud.Orchestrator;

/// <summary>All nodes. Owns the actor system, and makes another when it ends by itself, as it does when a node that was dialled shows a certificate that can't be trusted.</summary>
internal sealed class Fleet(Options options, PeerCertificates certificates, Output output) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(5);
    private readonly Knock _knock = new(certificates);
    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentDictionary<string, IActorRef> _links = new();
    private readonly string _hardening = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "hocon", "edge.conf"));
    private Task _life = Task.CompletedTask;

    public IReadOnlyDictionary<string, NodeRecord> Nodes { get; } = options.Nodes.ToDictionary(n => n.Name, n => new NodeRecord(n));

    public void Start() => _life = Task.Run(LiveAsync);

    /// <summary>Gives a command to a node. It is sent until it is answered, whatever happens to the link meanwhile.</summary>
    public void Give(NodeRecord node, IRemoteCommand command)
    {
        var pending = new PendingCommand(command, TimeProvider.System.GetUtcNow());
        node.Pending[command.CommandId] = pending;
        if (_links.TryGetValue(node.Address.Name, out var link))
        {
            link.Tell(pending);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _life;
        _knock.Dispose();
        _stopped.Dispose();
    }

    private async Task LiveAsync()
    {
        while (!_stopped.IsCancellationRequested)
        {
            try
            {
                var names = Nodes.Keys.ToList();
                var system = PeerSystem.Create(
                    "orchestrator",
                    _hardening + "\nakka { loglevel = ERROR, stdout-loglevel = OFF, loggers = [] }",
                    new(options.Host, options.Port, options.MaxFrameBytes),
                    certificates,
                    () => names,
                    (peer, objection) => output.Say("stranger", ("peer", peer), ("why", objection)));
                foreach (var node in Nodes.Values)
                {
                    _links[node.Address.Name] = system.ActorOf(Props.Create(() => new NodeLink(node, options, certificates.Name, _knock, output)), node.Address.Name);
                }

                await Task.WhenAny(system.WhenTerminated, Task.Delay(Timeout.Infinite, _stopped.Token));
                if (!_stopped.IsCancellationRequested)
                {
                    output.Say("restarting", ("why", "the actor system ended by itself"));
                }

                await system.Terminate().WaitAsync(StopDeadline).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
#pragma warning disable CA1031 // Whatever it was, it is said and tried again.
            catch (Exception e)
#pragma warning restore CA1031
            {
                output.Say("failed", ("why", e.Message));
            }

            await Task.Delay(Pause, _stopped.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
