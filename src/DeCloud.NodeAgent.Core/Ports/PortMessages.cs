using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>A message about the host ports that lead to VMs.</summary>
public interface IPortMessage
{
    /// <summary>The VM.</summary>
    VmId VmId { get; }
}

/// <summary>What is forwarded.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PortProtocol>))]
public enum PortProtocol
{
    /// <summary>TCP.</summary>
    Tcp = 1,

    /// <summary>UDP.</summary>
    Udp = 2,

    /// <summary>Both, from the same host port.</summary>
    Both = 3,
}

/// <summary>The wishes about host ports. Each is answered by a <see cref="PortReply"/>; the same key again gets the same answer.</summary>
public static class PortCommands
{
    /// <summary>Forward a port of the host to a VM.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="GuestPort">The VM's port, 1 to 65535.</param>
    /// <param name="Protocol">What is forwarded.</param>
    /// <param name="RequestedHostPort">The host's port; null for any that is free.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record Allocate(VmId VmId, int GuestPort, PortProtocol Protocol, int? RequestedHostPort, Request Request) : IPortMessage;

    /// <summary>Forward no longer.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="GuestPort">The VM's port.</param>
    /// <param name="Protocol">What is forwarded.</param>
    /// <param name="Request">Who asks.</param>
    public sealed record Remove(VmId VmId, int GuestPort, PortProtocol Protocol, Request Request) : IPortMessage;
}

/// <summary>The answers about host ports.</summary>
public abstract record PortReply
{
    private PortReply()
    {
    }

    /// <summary>The port is forwarded.</summary>
    /// <param name="HostPort">The host's port.</param>
    public sealed record Allocated(int HostPort) : PortReply;

    /// <summary>The port is not forwarded (any more).</summary>
    public sealed record Removed : PortReply;

    /// <summary>Nothing was done.</summary>
    /// <param name="Failure">Why.</param>
    public sealed record Refused(Failure Failure) : PortReply;
}
