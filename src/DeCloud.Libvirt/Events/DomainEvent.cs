using DeCloud.Libvirt.Domains;

namespace DeCloud.Libvirt.Events;

/// <summary>Something that happened to a domain.</summary>
/// <param name="Domain">The domain as it was when it happened.</param>
public abstract record DomainEvent(DomainRef Domain);

/// <summary>The domain changed its state, or its definition came or went.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Change">What changed, and why.</param>
public sealed record DomainLifecycleEvent(DomainRef Domain, DomainChange Change) : DomainEvent(Domain)
{
    /// <summary>What changed, without the why.</summary>
    public DomainChangeKind Kind => (DomainChangeKind)((int)Change >> 8);
}

/// <summary>The guest restarted, or was reset. It never stopped running for the host.</summary>
/// <param name="Domain">The domain.</param>
public sealed record DomainRebootEvent(DomainRef Domain) : DomainEvent(Domain);

/// <summary>The guest let its watchdog run out.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Action">What is done about it.</param>
public sealed record DomainWatchdogEvent(DomainRef Domain, WatchdogAction Action) : DomainEvent(Domain);

/// <summary>A disk failed or is full.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="SourcePath">The file or device.</param>
/// <param name="DeviceAlias">The disk's alias.</param>
/// <param name="Action">What is done about it.</param>
/// <param name="Reason">Empty, or <c>enospc</c> when the file system is full.</param>
public sealed record DomainIoErrorEvent(DomainRef Domain, string SourcePath, string DeviceAlias, IoErrorAction Action, string Reason)
    : DomainEvent(Domain);

/// <summary>The daemon lost its line to the domain's process; the domain may still run.</summary>
/// <param name="Domain">The domain.</param>
public sealed record DomainControlErrorEvent(DomainRef Domain) : DomainEvent(Domain);

/// <summary>The agent in the guest came or went.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="State">Which of the two.</param>
/// <param name="Reason">Why.</param>
public sealed record DomainAgentLifecycleEvent(DomainRef Domain, AgentState State, AgentReason Reason) : DomainEvent(Domain);

/// <summary>The guest's memory was changed by its balloon.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="ActualKiB">What it has now, in KiB.</param>
public sealed record DomainBalloonEvent(DomainRef Domain, ulong ActualKiB) : DomainEvent(Domain);

/// <summary>The guest let go of a device that was to be removed.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="DeviceAlias">The device's alias.</param>
public sealed record DomainDeviceRemovedEvent(DomainRef Domain, string DeviceAlias) : DomainEvent(Domain);

/// <summary>What is done when a watchdog runs out (<c>virDomainEventWatchdogAction</c>).</summary>
public enum WatchdogAction
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The domain is paused.</summary>
    Pause = 1,

    /// <summary>The domain is reset.</summary>
    Reset = 2,

    /// <summary>The domain is powered off.</summary>
    PowerOff = 3,

    /// <summary>The guest is asked to shut down.</summary>
    Shutdown = 4,

    /// <summary>A message is written, nothing else.</summary>
    Debug = 5,

    /// <summary>The guest gets a non-maskable interrupt.</summary>
    InjectNmi = 6,
}

/// <summary>What is done when a disk fails (<c>virDomainEventIOErrorAction</c>).</summary>
public enum IoErrorAction
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The domain is paused.</summary>
    Pause = 1,

    /// <summary>The guest is told.</summary>
    Report = 2,
}

/// <summary>Whether the agent in the guest is there (<c>virConnectDomainEventAgentLifecycleState</c>).</summary>
public enum AgentState
{
    /// <summary>It opened its channel.</summary>
    Connected = 1,

    /// <summary>It closed its channel.</summary>
    Disconnected = 2,
}

/// <summary>Why an agent came or went (<c>virConnectDomainEventAgentLifecycleReason</c>).</summary>
public enum AgentReason
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>The domain started.</summary>
    DomainStarted = 1,

    /// <summary>The guest opened or closed the channel.</summary>
    Channel = 2,
}
