using System.Collections.Frozen;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Warnings;

/// <summary>How much a warning matters.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<WarningSeverity>))]
public enum WarningSeverity
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>Something works less well than it should, or soon may not.</summary>
    Warning,

    /// <summary>Something does not work.</summary>
    Critical,
}

/// <summary>A kind of warning.</summary>
/// <param name="Code">The stable word.</param>
/// <param name="Remedy">What an operator can do.</param>
/// <param name="Holds">For how long it must be so before it is told; what comes and goes within that time is not.</param>
public sealed record WarningKind(string Code, string Remedy, TimeSpan Holds);

/// <summary>Every kind of warning. <c>docs/warnings.md</c> has the same list.</summary>
public static class WarningKinds
{
    private static readonly TimeSpan AtOnce = TimeSpan.Zero;
    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(60);

    /// <summary>An orchestrator that is replaced or restarted is back by then.</summary>
    private static readonly TimeSpan MuchLater = TimeSpan.FromMinutes(5);

    /// <summary>A step of a VM fails again and again.</summary>
    public static WarningKind VmStepFailing { get; } = new("vm-step-failing", "The cause is in the detail. Remove it, or delete the VM; the agent goes on trying as long as the VM shows a next try, and 'decloud vm start' tries at once.", AtOnce);

    /// <summary>A VM goes down by itself again and again.</summary>
    public static WarningKind VmCrashLoop { get; } = new("vm-crash-loop", "Read 'decloud vm logs' and the VM's history. The guest may lack memory or have a broken disk; when QEMU itself dies, the host's log has more. Stop the VM to end the loop.", AtOnce);

    /// <summary>A VM was paused because its disk could not be written.</summary>
    public static WarningKind VmPausedOnDisk { get; } = new("vm-paused-on-disk", "QEMU paused the VM because a write to its disk failed, as a rule because the file system is full. Free space; the VM is resumed by itself or with 'decloud vm resume'.", AtOnce);

    /// <summary>A VM's start took long.</summary>
    public static WarningKind VmSlowStart { get; } = new("vm-slow-start", "Starting took over two seconds. Look for a busy disk, a host without free memory, or many starts at once (Vms:MaxStarts).", AtOnce);

    /// <summary>libvirt can't be reached.</summary>
    public static WarningKind LibvirtLost { get; } = new("libvirt-lost", "Look at 'systemctl status libvirtd' (or virtqemud) and its log. VMs go on running; the agent connects again by itself.", Shortly);

    /// <summary>VMs are emulated.</summary>
    public static WarningKind EmulationInUse { get; } = new("emulation-in-use", "Turn virtualisation on in the firmware and load the kvm module, then set Libvirt:AllowEmulation=false.", AtOnce);

    /// <summary>The host can't run VMs.</summary>
    public static WarningKind NoAcceleration { get; } = new("no-acceleration", "Turn virtualisation on in the firmware and load the kvm module; inside a VM, nested virtualisation has to be on.", AtOnce);

    /// <summary>The image cache is over its budget.</summary>
    public static WarningKind ImagesOverBudget { get; } = new("images-over-budget", "Every image that is left is the base of a VM. Delete VMs, or raise Images:BudgetBytes.", Later);

    /// <summary>A file system is nearly full.</summary>
    public static WarningKind DiskNearlyFull { get; } = new("disk-nearly-full", "Free space on it: 'decloud image list' shows what the cache holds. When it is full, VMs are paused and nothing more can be stored.", Shortly);

    /// <summary>The journal can't be written.</summary>
    public static WarningKind JournalTrouble { get; } = new("journal-trouble", "Look at the state folder's file system, or at the database. Until it can be written, requests are refused; VMs go on running.", AtOnce);

    /// <summary>The packet filter's rules are not in force.</summary>
    public static WarningKind PacketFilterTrouble { get; } = new("packet-filter-trouble", "The detail says what is missing. Until it is there, VMs are not started, or, with Network:Isolation=Auto, run without being kept apart from the host's network; ports are not forwarded.", Shortly);

    /// <summary>Somebody else changed the packet filter's rules.</summary>
    public static WarningKind PacketFilterChanged { get; } = new("packet-filter-changed", "The agent has put its rules back. Find who flushes or edits its table: a firewall service that is reloaded, as a rule, which should keep to its own tables.", AtOnce);

    /// <summary>The orchestrator can't be reached.</summary>
    public static WarningKind OrchestratorUnreachable { get; } = new("orchestrator-unreachable", "Check the network, DNS and Orchestrator:BaseUrl. VMs go on running; what they did is told when it is back.", Later);

    /// <summary>The orchestrator does not offer the node.</summary>
    public static WarningKind OrchestratorRefuses { get; } = new("orchestrator-refuses", "The reason is the orchestrator's. 'GET /api/orchestrator' shows how things stand; 'POST /api/orchestrator/login' asks again.", Later);

    /// <summary>The orchestrator disowned VMs.</summary>
    public static WarningKind OrchestratorDisownedVms { get; } = new("orchestrator-disowned-vms", "They were stopped and kept. Settle with the orchestrator's operator whether they are to be deleted.", AtOnce);

    /// <summary>No orchestrator is attached over Akka.Remote.</summary>
    public static WarningKind RemoteOrchestratorGone { get; } = new("remote-orchestrator-gone", "Is the orchestrator up, does it dial Remote:Host and Remote:Port, and does Remote:Orchestrators name it? The log says which peers were refused, and why. VMs go on running; what they did is told when it is back.", MuchLater);

    /// <summary>The overlay does not work.</summary>
    public static WarningKind WireGuardUnavailable { get; } = new("wireguard-unavailable", "The detail says which tool, right or address is missing. The agent tries again by itself.", Shortly);

    /// <summary>A peer of the overlay does not answer.</summary>
    public static WarningKind WireGuardPeerStale { get; } = new("wireguard-peer-stale", "Is the other side up, does it have this node's public key, and may UDP pass to its endpoint? Remove peers that are gone.", Later);

    /// <summary>An actor fails again and again.</summary>
    public static WarningKind ActorFailing { get; } = new("actor-failing", "'decloud actor show PATH' has its failures and the log the whole of each. A defect of the agent or something of the host; report it with 'decloud debug bundle'.", AtOnce);

    /// <summary>The API is reachable from other machines without encryption.</summary>
    public static WarningKind ApiWithoutTls { get; } = new("api-without-tls", "The token crosses the network in the clear. Put a TLS proxy in front and listen on 127.0.0.1, or use the agent's socket.", AtOnce);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<WarningKind> All { get; } =
    [
        VmStepFailing, VmCrashLoop, VmPausedOnDisk, VmSlowStart, LibvirtLost, EmulationInUse, NoAcceleration, ImagesOverBudget, DiskNearlyFull, JournalTrouble, PacketFilterTrouble,
        PacketFilterChanged, OrchestratorUnreachable, OrchestratorRefuses, OrchestratorDisownedVms, RemoteOrchestratorGone, WireGuardUnavailable, WireGuardPeerStale, ActorFailing, ApiWithoutTls,
    ];

    private static readonly FrozenDictionary<string, WarningKind> ByCode = All.ToFrozenDictionary(k => k.Code);

    /// <summary>The kind of a code; null for one of a later version.</summary>
    public static WarningKind? Find(string code) => ByCode.GetValueOrDefault(code);
}
