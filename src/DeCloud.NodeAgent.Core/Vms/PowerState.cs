using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>What libvirt says of a domain, as far as the agent tells states apart.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PowerState>))]
public enum PowerState
{
    /// <summary>libvirt could not be asked. Nothing is concluded from it.</summary>
    Unknown,

    /// <summary>libvirt says that there is no such domain.</summary>
    Absent,

    /// <summary>Defined, and not running.</summary>
    Stopped,

    /// <summary>Running, shutting down included.</summary>
    Running,

    /// <summary>QEMU is there and its virtual CPUs stand still.</summary>
    Paused,
}

/// <summary>Why a domain is in its state: libvirt's reasons (virDomain*Reason in libvirt-domain.h) as far as they call for different answers.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PowerReason>))]
public enum PowerReason
{
    /// <summary>No reason known.</summary>
    Unspecified,

    /// <summary>Started.</summary>
    Booted,

    /// <summary>Resumed after a pause.</summary>
    Resumed,

    /// <summary>The guest is shutting down.</summary>
    ShuttingDown,

    /// <summary>The guest powered off by itself.</summary>
    GuestShutdown,

    /// <summary>Power was cut by a destroy call.</summary>
    Destroyed,

    /// <summary>QEMU died.</summary>
    Crashed,

    /// <summary>The guest's kernel panicked.</summary>
    GuestPanicked,

    /// <summary>The start failed.</summary>
    Failed,

    /// <summary>The libvirt daemon stopped it when it lost track of it.</summary>
    Daemon,

    /// <summary>Saved, migrated away, or reverted to a snapshot: somebody else's doing.</summary>
    MovedAway,

    /// <summary>Paused on request.</summary>
    UserPaused,

    /// <summary>Paused because the disk could not be written, a full file system as a rule.</summary>
    IoError,

    /// <summary>Paused by the guest's watchdog.</summary>
    Watchdog,

    /// <summary>Paused for a moment by libvirt itself (starting, saving, migrating, dumping).</summary>
    Transient,

    /// <summary>The connection to libvirt is lost.</summary>
    HypervisorLost,

    /// <summary>The agent has started and not looked yet.</summary>
    NotSeenYet,
}
