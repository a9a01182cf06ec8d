namespace DeCloud.Libvirt.Protocol;

/// <summary>Messages of the remote program that carry a domain event (REMOTE_PROC_DOMAIN_EVENT_CALLBACK_*).</summary>
internal enum EventProcedure
{
    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_LIFECYCLE.</summary>
    Lifecycle = 318,

    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_REBOOT.</summary>
    Reboot = 319,

    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_WATCHDOG.</summary>
    Watchdog = 321,

    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON.</summary>
    IoError = 324,

    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_CONTROL_ERROR.</summary>
    ControlError = 325,

    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE.</summary>
    BalloonChange = 331,

    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED.</summary>
    DeviceRemoved = 333,

    /// <summary>REMOTE_PROC_DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE.</summary>
    AgentLifecycle = 348,
}
