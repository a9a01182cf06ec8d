using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Node;

/// <summary>The questions the node answers.</summary>
public static class NodeQueries
{
    /// <summary>The node at a glance; answered by <see cref="NodeResource"/>.</summary>
    public sealed record Get;

    /// <summary>Whether the node can take commands; answered by <see cref="Readiness"/>.</summary>
    public sealed record GetReadiness;

    /// <summary>Where a running VM's VNC server listens; answered by <see cref="VncSocket"/>.</summary>
    /// <param name="VmId">The VM.</param>
    public sealed record GetVncSocket(VmId VmId);

    /// <summary>The way to the serial consoles; answered by <see cref="ConsoleAccess"/>. They are opened by whoever asks, so that no actor ever holds one.</summary>
    public sealed record GetConsoles;
}

/// <summary>Whether the node can take commands.</summary>
/// <param name="Hypervisor">libvirt is connected.</param>
/// <param name="Reconciled">Every VM was recovered and compared with libvirt.</param>
/// <param name="Reason">What is missing, or null.</param>
/// <param name="WithoutVms">Why the host runs no VMs, where it never does; there is no hypervisor to wait for then.</param>
/// <param name="Capacity">What the node has is known, so that it can be said whether a VM fits.</param>
public sealed record Readiness(bool Hypervisor, bool Reconciled, string? Reason, Failure? WithoutVms = null, bool Capacity = true);

/// <summary>Where a VM's VNC server listens.</summary>
/// <param name="Path">The Unix socket, or null.</param>
/// <param name="Failure">Why there is none.</param>
public sealed record VncSocket(string? Path, Failure? Failure);

/// <summary>The way to the serial consoles.</summary>
/// <param name="Consoles">The way, or null.</param>
/// <param name="Failure">Why there is none.</param>
public sealed record ConsoleAccess(IDomainConsoles? Consoles, Failure? Failure);
