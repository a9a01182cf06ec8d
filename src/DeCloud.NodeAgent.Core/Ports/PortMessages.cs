using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>A message about host ports; every one is answered by a <see cref="PortReply"/>.</summary>
public interface IPortMessage;

/// <summary>The wishes about host ports.</summary>
public static class PortCommands
{
    /// <summary>Lead a port of the host to a port of a VM. Asked again for the same VM, guest port and protocol it answers with the same host port.</summary>
    /// <param name="VmId">The VM; it must exist.</param>
    /// <param name="GuestPort">The guest's port, 1 to 65535.</param>
    /// <param name="Protocol">What is forwarded.</param>
    /// <param name="HostPort">The host's port, inside the configured range; null for the lowest free one.</param>
    /// <param name="Label">A word of the asker's, shown with the port; at most <see cref="PortTable.LongestLabel"/> characters.</param>
    /// <param name="Request">Who asks, under which key.</param>
    public sealed record Allocate(VmId VmId, int GuestPort, PortProtocol Protocol, int? HostPort, string? Label, Request Request) : IPortMessage;

    /// <summary>Take a forwarded port away; answered by <see cref="PortReply.Removed"/>.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="GuestPort">The guest's port.</param>
    /// <param name="Protocol">The protocol as it was allocated.</param>
    /// <param name="Request">Who asks, under which key.</param>
    /// <param name="HostPort">The host's port that the asker takes it to have; another one is not removed. Null when the asker does not say.</param>
    public sealed record Remove(VmId VmId, int GuestPort, PortProtocol Protocol, Request Request, int? HostPort = null) : IPortMessage;
}

/// <summary>The questions about host ports.</summary>
public static class PortQueries
{
    /// <summary>The forwarded ports; answered by <see cref="PortReply.Listed"/>, or <see cref="PortReply.Refused"/> when the VM does not exist.</summary>
    /// <param name="VmId">Of this VM alone; null for all.</param>
    public sealed record List(VmId? VmId) : IPortMessage;
}

/// <summary>The answers about host ports.</summary>
public abstract record PortReply
{
    private PortReply()
    {
    }

    /// <summary>The port is stored, now or by an earlier request, and survives a restart. The host's rules follow at once and whenever the VM has an address.</summary>
    /// <param name="Forward">The port.</param>
    public sealed record Done(PortForward Forward) : PortReply;

    /// <summary>The port is gone.</summary>
    /// <param name="Forward">What it was.</param>
    public sealed record Removed(PortForward Forward) : PortReply;

    /// <summary>The ports, ordered by host port.</summary>
    /// <param name="Forwards">The ports.</param>
    public sealed record Listed(IReadOnlyList<PortForward> Forwards) : PortReply;

    /// <summary>Nothing was done.</summary>
    /// <param name="Failure">Why; <see cref="Failure.Code"/> decides the status of an HTTP answer.</param>
    public sealed record Refused(Failure Failure) : PortReply;
}
