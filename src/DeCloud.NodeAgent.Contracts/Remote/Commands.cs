namespace DeCloud.NodeAgent.Contracts.Remote;

/// <summary>Make a VM and run it.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Deadline">When it is too late to accept it.</param>
/// <param name="VmId">The identity that the VM shall have; chosen by the orchestrator, so that the VM is known whatever answer gets lost.</param>
/// <param name="Name">A DNS label, for people.</param>
/// <param name="VCpus">Virtual CPUs.</param>
/// <param name="MemoryBytes">Memory, a multiple of 1 MiB.</param>
/// <param name="DiskBytes">Size of the disk, a multiple of 512.</param>
/// <param name="BaseImageUrl">Where the base image comes from.</param>
/// <param name="BaseImageHash"><c>sha256:</c> and 64 hexadecimal digits, or empty.</param>
/// <param name="SshPublicKey">The key that may log in, or empty.</param>
/// <param name="UserData">cloud-init user data, or null.</param>
/// <param name="Labels">Labels, or null.</param>
/// <param name="Overlay">True to attach it to the node's overlay.</param>
/// <param name="TraceParent">See <see cref="IRemoteCommand.TraceParent"/>.</param>
public sealed record CreateVm(
    Guid Session = default,
    string CommandId = "",
    DateTimeOffset? Deadline = null,
    Guid VmId = default,
    string Name = "",
    int VCpus = 0,
    long MemoryBytes = 0,
    long DiskBytes = 0,
    string BaseImageUrl = "",
    string BaseImageHash = "",
    string SshPublicKey = "",
    string? UserData = null,
    IReadOnlyDictionary<string, string>? Labels = null,
    bool Overlay = false,
    string? TraceParent = null) : IRemoteCommand
{
    /// <summary>Leaves the user data out, so that no log can hold it by accident.</summary>
    public override string ToString() => $"{nameof(CreateVm)} {{ CommandId = {CommandId}, VmId = {VmId} }}";
}

/// <summary>Run a VM.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Deadline">When it is too late to accept it.</param>
/// <param name="VmId">The VM.</param>
/// <param name="TraceParent">See <see cref="IRemoteCommand.TraceParent"/>.</param>
public sealed record StartVm(Guid Session = default, string CommandId = "", DateTimeOffset? Deadline = null, Guid VmId = default, string? TraceParent = null) : IRemoteCommand;

/// <summary>Stop a VM.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Deadline">When it is too late to accept it.</param>
/// <param name="VmId">The VM.</param>
/// <param name="Force">True to cut the power at once; false to ask the guest first.</param>
/// <param name="TraceParent">See <see cref="IRemoteCommand.TraceParent"/>.</param>
public sealed record StopVm(Guid Session = default, string CommandId = "", DateTimeOffset? Deadline = null, Guid VmId = default, bool Force = false, string? TraceParent = null) : IRemoteCommand;

/// <summary>Remove a VM with its disk.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Deadline">When it is too late to accept it.</param>
/// <param name="VmId">The VM.</param>
/// <param name="TraceParent">See <see cref="IRemoteCommand.TraceParent"/>.</param>
public sealed record DeleteVm(Guid Session = default, string CommandId = "", DateTimeOffset? Deadline = null, Guid VmId = default, string? TraceParent = null) : IRemoteCommand;

/// <summary>Have these peers in the overlay. Peers that are not named stay; who shall go is named in <paramref name="Remove"/>.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Deadline">When it is too late to accept it.</param>
/// <param name="Peers">The peers that shall be there, at most 256.</param>
/// <param name="Remove">Public keys of those that shall not, at most 256.</param>
/// <param name="TraceParent">See <see cref="IRemoteCommand.TraceParent"/>.</param>
public sealed record ReconcilePeers(
    Guid Session = default,
    string CommandId = "",
    DateTimeOffset? Deadline = null,
    IReadOnlyList<OverlayPeer>? Peers = null,
    IReadOnlyList<string>? Remove = null,
    string? TraceParent = null) : IRemoteCommand;

/// <summary>A peer in the overlay.</summary>
/// <param name="PublicKey">Its WireGuard public key in base64.</param>
/// <param name="Endpoint">Where it is reached, <c>address:port</c>; null when it calls.</param>
/// <param name="AllowedIPs">The networks behind it, in CIDR notation.</param>
/// <param name="KeepaliveSeconds">How often it is called so that a NAT remembers; 0 for never.</param>
public sealed record OverlayPeer(string PublicKey = "", string? Endpoint = null, IReadOnlyList<string>? AllowedIPs = null, int KeepaliveSeconds = 0);

/// <summary>Say everything: accepted, and then answered by the <see cref="NodeReport"/>s.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Deadline">When it is too late to accept it.</param>
/// <param name="TraceParent">See <see cref="IRemoteCommand.TraceParent"/>.</param>
public sealed record Report(Guid Session = default, string CommandId = "", DateTimeOffset? Deadline = null, string? TraceParent = null) : IRemoteCommand;

/// <summary>Take no new VMs from orchestrators, or take them again. VMs that exist stay as they are. Holds across restarts.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Deadline">When it is too late to accept it.</param>
/// <param name="IsOn">True to take none.</param>
/// <param name="TraceParent">See <see cref="IRemoteCommand.TraceParent"/>.</param>
public sealed record Drain(Guid Session = default, string CommandId = "", DateTimeOffset? Deadline = null, bool IsOn = false, string? TraceParent = null) : IRemoteCommand;

/// <summary>
/// Node to orchestrator: the command is stored and will be carried out, or was stored before under the same id. Where an operation is named, its end follows among the
/// events as <see cref="VmEvent.Ended"/>; a command without one is done with this.
/// </summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="OperationId">The operation, or null.</param>
/// <param name="VmId">The VM it works on, or null.</param>
/// <param name="Status">How the operation stands: <c>running</c>, <c>succeeded</c>, <c>failed</c> or <c>superseded</c>.</param>
public sealed record CommandAccepted(Guid Session = default, string CommandId = "", string? OperationId = null, Guid? VmId = null, string Status = "") : IRemoteMessage;

/// <summary>Node to orchestrator: the command was not accepted.</summary>
/// <param name="Session">The session.</param>
/// <param name="CommandId">The command.</param>
/// <param name="Code">A stable word; see <see cref="RefusalCodes"/>.</param>
/// <param name="Message">The cause and the remedy in a sentence.</param>
/// <param name="IsPermanent">True when sending it again would be refused again.</param>
public sealed record CommandRefused(Guid Session = default, string CommandId = "", string Code = "", string Message = "", bool IsPermanent = false) : IRemoteMessage;
