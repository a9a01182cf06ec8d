using System.Globalization;
using Akka.Actor;
using Akka.Hosting;
using DeCloud.NodeAgent.Actors.Node;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.ServiceManager;

/// <summary>Asks the node's root actor how the node is: whoever gets an answer knows that the actor system works, and not merely that the process has threads.</summary>
/// <param name="services">Where the actor is found, once it is there.</param>
internal sealed class NodeProbe(IServiceProvider services)
{
    /// <summary>How the node is, in a line for people.</summary>
    /// <param name="within">How long the answer may take.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when the node did not answer in time.</returns>
    public async Task<string?> AskAsync(TimeSpan within, CancellationToken cancellation)
    {
        try
        {
            var node = services.GetRequiredService<IRequiredActor<NodeKey>>().ActorRef;
            return Line(await node.Ask<NodeResource>(new NodeQueries.Get(), within, cancellation).ConfigureAwait(false));
        }
        catch (Exception e) when (e is AskTimeoutException or MissingActorRegistryEntryException)
        {
            return null;
        }
    }

    /// <summary>A view of the node in one line.</summary>
    public static string Line(NodeResource node)
    {
        var vms = node.Vms.Count == 0 ? "no VMs" : string.Join(", ", node.Vms.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Value} {v.Key}")));
        return $"libvirt {node.Hypervisor.State}{(node.Hypervisor.Reason is { } reason ? $" ({reason})" : "")}; {(node.Reconciled ? "" : "not reconciled yet; ")}{vms}";
    }
}
