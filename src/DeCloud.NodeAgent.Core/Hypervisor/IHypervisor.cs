using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Hypervisor;

/// <summary>The way to the hypervisor of this host.</summary>
public interface IHypervisor
{
    /// <summary>
    /// Why this host never runs VMs: then no session is ever opened, and whatever is asked of VMs and images is refused with this. Null on hosts that run them.
    /// </summary>
    Failure? Refusal => null;

    /// <summary>
    /// Opens a session: connects, subscribes to events, learns what the hypervisor can do. Throws a <see cref="Node.FailureException"/> with
    /// <see cref="Node.FailureCodes.HypervisorUnavailable"/> when that fails.
    /// </summary>
    /// <param name="cancellation">Gives up.</param>
    Task<IHypervisorSession> ConnectAsync(CancellationToken cancellation);
}

/// <summary>
/// One session with the hypervisor, until it is lost. Calls may be made from any thread; each has a deadline of its own, and its number in flight is bounded.
/// A call fails with a <see cref="Node.FailureException"/>: <see cref="Node.FailureCodes.HypervisorUnavailable"/> when the session is lost,
/// <see cref="Node.FailureCodes.Timeout"/> at its deadline, <see cref="Node.FailureCodes.HypervisorError"/> for what the hypervisor refused.
/// A call that would change a domain fails with <see cref="Node.FailureCodes.ForeignDomain"/>, and changes nothing, when the domain of this UUID lacks the agent's metadata.
/// </summary>
public interface IHypervisorSession : IDomainConsoles, IAsyncDisposable
{
    /// <summary>What the hypervisor is and can do.</summary>
    HypervisorFacts Facts { get; }

    /// <summary>Completes, and never fails, when the session is lost; says why.</summary>
    Task<string> Closed { get; }

    /// <summary>
    /// What happens to domains, in order, from before the session was handed out. To be read once. Fails with <see cref="Node.FailureCodes.HypervisorUnavailable"/> after the last one
    /// when the session is lost; ends when it is disposed.
    /// </summary>
    /// <param name="cancellation">Stops reading.</param>
    IAsyncEnumerable<DomainEvent> EventsAsync(CancellationToken cancellation);

    /// <summary>Every domain of the host with its state, asked in bulk.</summary>
    /// <param name="cancellation">Gives up.</param>
    Task<IReadOnlyList<DomainStatus>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// What the domains that run or are paused have sent and received, asked in bulk and only of what the hypervisor knows by itself: no domain's process is asked, so one that hangs holds
    /// nothing up, and the cost is a hundredth of a millisecond a domain.
    /// </summary>
    /// <param name="cancellation">Gives up.</param>
    Task<IReadOnlyList<DomainUsage>> UsageAsync(CancellationToken cancellation);

    /// <summary>One domain, or null when the hypervisor says that there is none.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<DomainStatus?> LookAsync(VmId id, CancellationToken cancellation);

    /// <summary>
    /// Defines the domain, or defines it anew, whether it runs or not. Fails with <see cref="Node.FailureCodes.NoAcceleration"/> when there is neither KVM nor leave to emulate.
    /// </summary>
    /// <param name="domain">What to define.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The domain when it is new: then nothing can be known of it but that it does not run. Null when it was there before; what it is has to be looked at.</returns>
    Task<DomainStatus?> DefineAsync(DomainSpec domain, CancellationToken cancellation);

    /// <summary>Starts a defined domain; no error when it runs. The number of starts at once is bounded.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up; a start that reached the hypervisor may still happen.</param>
    Task StartAsync(VmId id, CancellationToken cancellation);

    /// <summary>Asks the guest to power off (ACPI). Returns when it was asked, not when it is off.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task ShutdownAsync(VmId id, CancellationToken cancellation);

    /// <summary>Asks the guest to reboot (ACPI). Returns when it was asked.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task RebootAsync(VmId id, CancellationToken cancellation);

    /// <summary>Resets the machine as its reset button would.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task ResetAsync(VmId id, CancellationToken cancellation);

    /// <summary>Stops the virtual CPUs; no error when they are stopped.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task SuspendAsync(VmId id, CancellationToken cancellation);

    /// <summary>Lets the virtual CPUs run again; no error when they run.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task ResumeAsync(VmId id, CancellationToken cancellation);

    /// <summary>Cuts the power; no error when the domain does not run or does not exist.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task DestroyAsync(VmId id, CancellationToken cancellation);

    /// <summary>Forgets the domain's definition with all that the hypervisor keeps for it; no error when there is none. Never stops a domain that runs.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task UndefineAsync(VmId id, CancellationToken cancellation);

    /// <summary>The addresses that the VM network's DHCP server has handed out, by Ethernet address in lower case.</summary>
    /// <param name="cancellation">Gives up.</param>
    Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> LeasesAsync(CancellationToken cancellation);

    /// <summary>The Unix socket on which a running domain's VNC server listens, or null.</summary>
    /// <param name="id">The VM.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<string?> VncSocketAsync(VmId id, CancellationToken cancellation);
}

/// <summary>What the hypervisor is and can do.</summary>
/// <param name="LibvirtVersion">Version of the daemon, <c>major.minor.release</c>.</param>
/// <param name="QemuVersion">Version of the emulator.</param>
/// <param name="Acceleration">What VMs would run on.</param>
/// <param name="AccelerationReason">Why, in a sentence.</param>
/// <param name="VmBridge">The bridge of the network that VMs are attached to; null when it has none that libvirt made.</param>
public sealed record HypervisorFacts(string LibvirtVersion, string QemuVersion, Acceleration Acceleration, string AccelerationReason, string? VmBridge = null);

/// <summary>What VMs run on.</summary>
public enum Acceleration
{
    /// <summary>Nothing: VMs are refused.</summary>
    None,

    /// <summary>Hardware virtualisation.</summary>
    Kvm,

    /// <summary>Software emulation, allowed by the operator. Slow, and no boundary against a hostile guest.</summary>
    Emulation,
}

/// <summary>What a domain is made of.</summary>
/// <param name="Id">The VM.</param>
/// <param name="VCpus">Virtual CPUs.</param>
/// <param name="MemoryBytes">Memory.</param>
/// <param name="Paths">Its files.</param>
/// <param name="BaseImage">The path of the image its disk stands on.</param>
public sealed record DomainSpec(VmId Id, int VCpus, long MemoryBytes, VmPaths Paths, string BaseImage)
{
    /// <summary>The Ethernet address of its interface.</summary>
    public string MacAddress => Id.MacAddress;

    /// <summary>What its interface is named on the host.</summary>
    public string InterfaceName => Id.InterfaceName;

    /// <summary>The PCI functions of the host that it gets to itself, <c>dddd:bb:dd.f</c>: whole IOMMU groups.</summary>
    public ImmutableArray<string> HostDevices { get; init; } = [];

    /// <summary>The bridge that its interface on the overlay is on; null when it has none.</summary>
    public string? OverlayBridge { get; init; }

    /// <summary>The Ethernet address of its interface on the overlay.</summary>
    public string OverlayMacAddress => Id.OverlayMacAddress;

    /// <summary>What its interface on the overlay is named on the host.</summary>
    public string OverlayInterfaceName => Id.OverlayInterfaceName;
}

/// <summary>A domain as the hypervisor sees it.</summary>
/// <param name="Id">Its UUID; equal to a <see cref="VmId"/> when it is the agent's.</param>
/// <param name="Name">Its name in the hypervisor.</param>
/// <param name="State">Its state.</param>
/// <param name="Reason">Why it is in this state.</param>
public sealed record DomainStatus(Guid Id, string Name, PowerState State, PowerReason Reason);

/// <summary>What a domain that runs or is paused has sent and received on all its interfaces since it was started.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="ReceiveBytes">Bytes that the guest received; null when nothing tells.</param>
/// <param name="TransmitBytes">Bytes that the guest sent.</param>
public sealed record DomainUsage(Guid Id, ulong? ReceiveBytes, ulong? TransmitBytes);

/// <summary>Something that happened to a domain.</summary>
/// <param name="Id">Its UUID.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Status">The state that follows from it, where one does; null for the kinds that change none.</param>
public sealed record DomainEvent(Guid Id, DomainEventKind Kind, DomainStatus? Status);

/// <summary>Kinds of <see cref="DomainEvent"/>.</summary>
public enum DomainEventKind
{
    /// <summary>The state is now <see cref="DomainEvent.Status"/>.</summary>
    State,

    /// <summary>The domain's definition is gone and it does not run; <see cref="DomainEvent.Status"/> says absent.</summary>
    Removed,

    /// <summary>The guest rebooted; the domain never stopped running.</summary>
    Rebooted,

    /// <summary>The guest's kernel panicked. The domain is stopped because of it next, and then libvirt no longer tells a panic from a death of QEMU.</summary>
    Panicked,

    /// <summary>Something that changes no state.</summary>
    Changed,
}
