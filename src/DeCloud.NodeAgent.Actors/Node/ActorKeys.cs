namespace DeCloud.NodeAgent.Actors.Node;

/// <summary>Key of the node's root actor in the actor registry; asked for <see cref="Core.Node.NodeQueries"/>.</summary>
public sealed class NodeKey
{
    private NodeKey()
    {
    }
}

/// <summary>Key of the actor that owns all VMs; asked for everything in <see cref="Core.Vms.VmCommands"/> and <see cref="Core.Vms.VmQueries"/>.</summary>
public sealed class VmsKey
{
    private VmsKey()
    {
    }
}

/// <summary>Key of the host's ports; asked for everything in <see cref="Core.Ports.PortCommands"/> and <see cref="Core.Ports.PortQueries"/>.</summary>
public sealed class PortsKey
{
    private PortsKey()
    {
    }
}

/// <summary>Key of the part that knows the machine; asked for everything in <see cref="Core.Resources.ResourceMessages"/> that is an <see cref="Core.Resources.IResourceMessage"/>.</summary>
public sealed class ResourcesKey
{
    private ResourcesKey()
    {
    }
}

/// <summary>Key of the image cache; asked for everything in <see cref="Core.Images.ImageCommands"/> and <see cref="Core.Images.ImageQueries"/>.</summary>
public sealed class ImagesKey
{
    private ImagesKey()
    {
    }
}

/// <summary>Key of the part that keeps the overlay; asked for everything in <see cref="Core.Overlay.OverlayCommands"/> and <see cref="Core.Overlay.OverlayQueries"/>.</summary>
public sealed class WireGuardKey
{
    private WireGuardKey()
    {
    }
}

/// <summary>Key of the part that deals with an HTTP orchestrator; asked for everything in <see cref="Core.Orchestration.OrchestratorCommands"/> and <see cref="Core.Orchestration.OrchestratorQueries"/>.</summary>
public sealed class OrchestratorKey
{
    private OrchestratorKey()
    {
    }
}
