using System.Collections.Immutable;
using Akka.Actor;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Actors.Telemetry;

/// <summary>
/// How parts of the node stand, for those who measure them: each publishes after a change, and who reads sends no message and waits for nobody, whatever hangs.
/// </summary>
public sealed class NodeGaugeBoard
{
    private ImmutableSortedDictionary<string, IActorRef> _actors = ImmutableSortedDictionary.Create<string, IActorRef>(StringComparer.Ordinal);
    private ImageGauges? _images;
    private OrchestratorResource? _orchestrator;
    private RemoteLink? _remote;
    private volatile bool _isHypervisorUp, _isReconciled;
    private volatile int _foreign;

    /// <summary>The image cache; null until it was scanned.</summary>
    public ImageGauges? Images => Volatile.Read(ref _images);

    /// <summary>The dealings with the HTTP orchestrator; null when there is none.</summary>
    public OrchestratorResource? Orchestrator => Volatile.Read(ref _orchestrator);

    /// <summary>The dealings with orchestrators over Akka.Remote; null when that is off.</summary>
    public RemoteLink? Remote => Volatile.Read(ref _remote);

    /// <summary>Whether libvirt is connected.</summary>
    public bool IsHypervisorUp => _isHypervisorUp;

    /// <summary>Whether every VM was compared with libvirt since the connection.</summary>
    public bool IsReconciled => _isReconciled;

    /// <summary>Domains of this host that are not the agent's.</summary>
    public int ForeignDomains => _foreign;

    /// <summary>Messages that wait for the parts of the node, by their names; a part that fell and is not started again yet is absent.</summary>
    public IEnumerable<(string Actor, int Depth)> Mailboxes()
    {
        foreach (var (name, actor) in Volatile.Read(ref _actors))
        {
            if (actor is ActorRefWithCell { Underlying: { } cell })
            {
                yield return (name, cell.NumberOfMessages);
            }
        }
    }

    internal void Publish(ImageGauges images) => Volatile.Write(ref _images, images);

    internal void Publish(OrchestratorResource orchestrator) => Volatile.Write(ref _orchestrator, orchestrator);

    /// <summary>The edge and the gateway in it both tell how the link stands, so that it is changed and not replaced.</summary>
    internal void ChangeRemote(DateTimeOffset now, Func<RemoteLink, RemoteLink> change) =>
        ImmutableInterlocked.Update(ref _remote, static (link, change) => change.change(link ?? new(change.now)), (now, change));

    internal void Publish(bool isHypervisorUp) => _isHypervisorUp = isHypervisorUp;

    internal void Publish(bool isReconciled, int foreign) => (_isReconciled, _foreign) = (isReconciled, foreign);

    internal void Began(string name, IActorRef actor) => ImmutableInterlocked.Update(ref _actors, static (map, part) => map.SetItem(part.name, part.actor), (name, actor));

    internal void Fell(string name) => ImmutableInterlocked.Update(ref _actors, static (map, name) => map.Remove(name), name);
}

/// <summary>The image cache.</summary>
/// <param name="Images">Images in it.</param>
/// <param name="Bytes">What they take on disk.</param>
/// <param name="BudgetBytes">What they may take.</param>
/// <param name="Importing">Imports under way.</param>
public sealed record ImageGauges(int Images, long Bytes, long BudgetBytes, int Importing);
