using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>A fact about host ports, stored for ever.</summary>
public interface IPortEvent
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen to host ports.</summary>
public static class PortEvents
{
    /// <summary>A port was given.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="GuestPort">The guest's port.</param>
    /// <param name="Protocol">What is forwarded.</param>
    /// <param name="HostPort">The host's port.</param>
    /// <param name="Label">A word of the asker's.</param>
    /// <param name="Request">Who asked, under which key.</param>
    /// <param name="At">When.</param>
    public sealed record Allocated(VmId VmId, int GuestPort, PortProtocol Protocol, int HostPort, string? Label, Request Request, DateTimeOffset At) : IPortEvent;

    /// <summary>A port was taken away on request.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="GuestPort">The guest's port.</param>
    /// <param name="Protocol">What was forwarded.</param>
    /// <param name="Request">Who asked, under which key.</param>
    /// <param name="At">When.</param>
    public sealed record Removed(VmId VmId, int GuestPort, PortProtocol Protocol, Request Request, DateTimeOffset At) : IPortEvent;

    /// <summary>All ports of a VM are free again, because nothing is left of it.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="At">When.</param>
    public sealed record Freed(VmId VmId, DateTimeOffset At) : IPortEvent;

    /// <summary>A VM has another address. Kept so that a restarted agent neither cuts it off nor loses its ports before the address is heard again.</summary>
    /// <param name="VmId">The VM.</param>
    /// <param name="Address">Its IPv4 address.</param>
    /// <param name="At">When it was seen.</param>
    public sealed record Pointed(VmId VmId, string Address, DateTimeOffset At) : IPortEvent;
}
