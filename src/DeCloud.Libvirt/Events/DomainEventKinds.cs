namespace DeCloud.Libvirt.Events;

/// <summary>Kinds of domain events to ask for.</summary>
[Flags]
public enum DomainEventKinds
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><see cref="DomainLifecycleEvent"/>.</summary>
    Lifecycle = 1 << 0,

    /// <summary><see cref="DomainRebootEvent"/>.</summary>
    Reboot = 1 << 1,

    /// <summary><see cref="DomainWatchdogEvent"/>.</summary>
    Watchdog = 1 << 2,

    /// <summary><see cref="DomainIoErrorEvent"/>.</summary>
    IoError = 1 << 3,

    /// <summary><see cref="DomainControlErrorEvent"/>.</summary>
    ControlError = 1 << 4,

    /// <summary><see cref="DomainAgentLifecycleEvent"/>.</summary>
    AgentLifecycle = 1 << 5,

    /// <summary><see cref="DomainBalloonEvent"/>.</summary>
    Balloon = 1 << 6,

    /// <summary><see cref="DomainDeviceRemovedEvent"/>.</summary>
    DeviceRemoved = 1 << 7,

    /// <summary>All of them.</summary>
    All = (1 << 8) - 1,
}
