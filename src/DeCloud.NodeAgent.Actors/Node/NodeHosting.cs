using Akka.Actor;
using Akka.Hosting;

namespace DeCloud.NodeAgent.Actors.Node;

/// <summary>Puts the node's actors into an actor system.</summary>
public static class NodeHosting
{
    /// <summary>Starts the node from the <see cref="NodeParts"/> of the container under <c>/user/node</c>, and registers it as the one to ask for the node, the VMs and the images.</summary>
    /// <param name="builder">The actor system's builder.</param>
    public static AkkaConfigurationBuilder WithNode(this AkkaConfigurationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithActors((system, registry, resolver) =>
        {
            var made = resolver.GetService<NodeParts>() ?? throw new InvalidOperationException("NodeParts is not registered.");
            var node = system.ActorOf(Props.Create(() => new NodeSupervisor(made)), "node");
            registry.Register<NodeKey>(node);
            registry.Register<VmsKey>(node);
            registry.Register<ImagesKey>(node);
            registry.Register<WireGuardKey>(node);
            registry.Register<ResourcesKey>(node);
            registry.Register<OrchestratorKey>(node);
            registry.Register<PortsKey>(node);
        });
    }
}
