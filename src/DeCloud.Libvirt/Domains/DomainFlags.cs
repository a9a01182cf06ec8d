namespace DeCloud.Libvirt.Domains;

/// <summary>How to define a domain (<c>virDomainDefineFlags</c>).</summary>
[Flags]
public enum DefineFlags : uint
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Check the XML against the schema first.</summary>
    Validate = 1 << 0,
}

/// <summary>How to start a domain (<c>virDomainCreateFlags</c>).</summary>
[Flags]
public enum StartFlags : uint
{
    /// <summary>Nothing special.</summary>
    None = 0,

    /// <summary>Create it with its processors stopped.</summary>
    Paused = 1 << 0,

    /// <summary>Destroy it when this connection closes.</summary>
    AutoDestroy = 1 << 1,

    /// <summary>Read a saved image past the page cache.</summary>
    BypassCache = 1 << 2,

    /// <summary>Boot anew even when there is a saved image.</summary>
    ForceBoot = 1 << 3,

    /// <summary>Re-create the firmware's variables from their template.</summary>
    ResetNvram = 1 << 5,
}

/// <summary>How to ask a guest to stop or to restart (<c>virDomainShutdownFlagValues</c>, <c>virDomainRebootFlagValues</c>).</summary>
[Flags]
public enum ShutdownFlags : uint
{
    /// <summary>The hypervisor chooses.</summary>
    None = 0,

    /// <summary>Press the ACPI power button.</summary>
    AcpiPowerButton = 1 << 0,

    /// <summary>Ask the agent in the guest.</summary>
    GuestAgent = 1 << 1,
}

/// <summary>How to destroy a domain (<c>virDomainDestroyFlagsValues</c>).</summary>
[Flags]
public enum DestroyFlags : uint
{
    /// <summary>SIGTERM, and SIGKILL when that does not help.</summary>
    None = 0,

    /// <summary>Never SIGKILL; fails with <see cref="LibvirtErrorCode.SystemError"/> when SIGTERM does not help.</summary>
    Graceful = 1 << 0,
}

/// <summary>What goes with a domain's definition (<c>virDomainUndefineFlagsValues</c>).</summary>
[Flags]
public enum UndefineFlags : uint
{
    /// <summary>The definition alone; fails when something else hangs on it.</summary>
    None = 0,

    /// <summary>The saved image too.</summary>
    ManagedSave = 1 << 0,

    /// <summary>What libvirt knows of snapshots too.</summary>
    SnapshotsMetadata = 1 << 1,

    /// <summary>The firmware's variables too.</summary>
    Nvram = 1 << 2,

    /// <summary>Keep the firmware's variables.</summary>
    KeepNvram = 1 << 3,

    /// <summary>What libvirt knows of checkpoints too.</summary>
    CheckpointsMetadata = 1 << 4,

    /// <summary>The emulated TPM's state too (libvirt 8.9 or later).</summary>
    Tpm = 1 << 5,

    /// <summary>Keep the emulated TPM's state (libvirt 8.9 or later).</summary>
    KeepTpm = 1 << 6,
}

/// <summary>Which description of a domain to get (<c>virDomainXMLFlags</c>).</summary>
[Flags]
public enum DomainXmlFlags : uint
{
    /// <summary>The running domain where there is one, without secrets.</summary>
    None = 0,

    /// <summary>With secrets such as VNC passwords.</summary>
    Secure = 1 << 0,

    /// <summary>What the next start will use.</summary>
    Inactive = 1 << 1,

    /// <summary>With the CPU as this machine would give it.</summary>
    UpdateCpu = 1 << 2,

    /// <summary>In a form that another machine can take.</summary>
    Migratable = 1 << 3,
}

/// <summary>How to open a console (<c>virDomainConsoleFlags</c>).</summary>
[Flags]
public enum ConsoleFlags : uint
{
    /// <summary>As it is; refused when somebody has it open.</summary>
    None = 0,

    /// <summary>Takes it from whoever has it open.</summary>
    Force = 1 << 0,

    /// <summary>Only where the daemon sees to it that one alone has it open.</summary>
    Safe = 1 << 1,
}

/// <summary>Which domains to list (<c>virConnectListAllDomainsFlags</c>). Bits of one group are alternatives; groups narrow each other.</summary>
[Flags]
public enum DomainListFlags : uint
{
    /// <summary>All.</summary>
    All = 0,

    /// <summary>Running, paused, or otherwise alive.</summary>
    Active = 1 << 0,

    /// <summary>Defined but not alive.</summary>
    Inactive = 1 << 1,

    /// <summary>Defined.</summary>
    Persistent = 1 << 2,

    /// <summary>Without a definition: gone when they stop.</summary>
    Transient = 1 << 3,

    /// <summary>Running.</summary>
    Running = 1 << 4,

    /// <summary>Paused.</summary>
    Paused = 1 << 5,

    /// <summary>Shut off.</summary>
    ShutOff = 1 << 6,

    /// <summary>In any other state.</summary>
    OtherState = 1 << 7,
}

/// <summary>What a change applies to (<c>virDomainModificationImpact</c>).</summary>
[Flags]
public enum DomainModification : uint
{
    /// <summary>The running domain if there is one, its definition if not.</summary>
    Current = 0,

    /// <summary>The running domain.</summary>
    Live = 1 << 0,

    /// <summary>The definition.</summary>
    Config = 1 << 1,
}
