namespace DeCloud.Libvirt.Domains;

/// <summary>What a domain is doing (<c>virDomainState</c>).</summary>
public enum DomainState
{
    /// <summary>Not known.</summary>
    None = 0,

    /// <summary>Running.</summary>
    Running = 1,

    /// <summary>Waiting for a resource.</summary>
    Blocked = 2,

    /// <summary>Paused.</summary>
    Paused = 3,

    /// <summary>On its way down: the guest has powered off and the process has not ended.</summary>
    ShuttingDown = 4,

    /// <summary>Off.</summary>
    ShutOff = 5,

    /// <summary>Crashed and kept for inspection.</summary>
    Crashed = 6,

    /// <summary>Suspended by the guest's own power management.</summary>
    PowerManagementSuspended = 7,
}
