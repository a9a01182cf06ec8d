using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Orchestration;

/// <summary>What a command comes to on this node.</summary>
public abstract record CommandAction
{
    private CommandAction()
    {
    }

    /// <summary>Make a VM.</summary>
    /// <param name="Command">For the VMs.</param>
    /// <param name="Vm">What the orchestrator says of it.</param>
    public sealed record Create(VmCommands.Create Command, OrderedVm Vm) : CommandAction;

    /// <summary>Change one of the orchestrator's VMs.</summary>
    /// <param name="Command">For the VMs.</param>
    public sealed record Change(VmCommands.Change Command) : CommandAction;

    /// <summary>Forward a port, or no longer.</summary>
    /// <param name="Message">For the ports.</param>
    /// <param name="GuestPort">The VM's port.</param>
    /// <param name="Protocol">What is forwarded.</param>
    /// <param name="KnownHostPort">The host's port, where the command names it.</param>
    public sealed record Port(IPortMessage Message, int GuestPort, PortProtocol Protocol, int? KnownHostPort) : CommandAction;

    /// <summary>Nothing.</summary>
    /// <param name="Reason">Why, as it is told to the orchestrator.</param>
    public sealed record Refuse(string Reason) : CommandAction;
}
