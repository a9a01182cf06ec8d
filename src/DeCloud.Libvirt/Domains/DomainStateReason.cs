namespace DeCloud.Libvirt.Domains;

/// <summary>
/// Why a domain is in its state. libvirt numbers reasons anew for each state (<c>virDomainRunningReason</c> and its
/// siblings); here the state is the upper byte, so that one value says it all. A reason that a newer libvirt adds
/// arrives as its bare number.
/// </summary>
public enum DomainStateReason
{
    /// <summary>No state.</summary>
    None = 0x000,

    /// <summary>Running, for an unknown reason.</summary>
    Running = 0x100,

    /// <summary>Running since it was started.</summary>
    RunningBooted = 0x101,

    /// <summary>Running since it came from another machine.</summary>
    RunningMigrated = 0x102,

    /// <summary>Running since it was restored from a file.</summary>
    RunningRestored = 0x103,

    /// <summary>Running since a snapshot was taken up.</summary>
    RunningFromSnapshot = 0x104,

    /// <summary>Running again after a pause.</summary>
    RunningUnpaused = 0x105,

    /// <summary>Running again since its migration was cancelled.</summary>
    RunningMigrationCancelled = 0x106,

    /// <summary>Running again since saving it was cancelled.</summary>
    RunningSaveCancelled = 0x107,

    /// <summary>Running again since it was woken up.</summary>
    RunningWakeUp = 0x108,

    /// <summary>Running again after a crash.</summary>
    RunningCrashed = 0x109,

    /// <summary>Running while its memory is still coming from another machine.</summary>
    RunningPostCopy = 0x10a,

    /// <summary>Running, and the rest of its memory failed to come.</summary>
    RunningPostCopyFailed = 0x10b,

    /// <summary>Blocked.</summary>
    Blocked = 0x200,

    /// <summary>Paused, for an unknown reason.</summary>
    Paused = 0x300,

    /// <summary>Paused on request.</summary>
    PausedByUser = 0x301,

    /// <summary>Paused for a migration.</summary>
    PausedForMigration = 0x302,

    /// <summary>Paused to be saved.</summary>
    PausedForSave = 0x303,

    /// <summary>Paused to be dumped.</summary>
    PausedForDump = 0x304,

    /// <summary>Paused because a disk failed or is full.</summary>
    PausedIoError = 0x305,

    /// <summary>Paused by its watchdog.</summary>
    PausedByWatchdog = 0x306,

    /// <summary>Paused since a snapshot was taken up.</summary>
    PausedFromSnapshot = 0x307,

    /// <summary>Paused while it shuts down.</summary>
    PausedShuttingDown = 0x308,

    /// <summary>Paused while a snapshot is made.</summary>
    PausedForSnapshot = 0x309,

    /// <summary>Paused because the guest crashed.</summary>
    PausedCrashed = 0x30a,

    /// <summary>Not yet running: it is being started.</summary>
    PausedStartingUp = 0x30b,

    /// <summary>Paused for the second half of a migration.</summary>
    PausedPostCopy = 0x30c,

    /// <summary>Paused because the second half of a migration failed.</summary>
    PausedPostCopyFailed = 0x30d,

    /// <summary>Shutting down, for an unknown reason.</summary>
    ShuttingDown = 0x400,

    /// <summary>Shutting down on request, of the host or of the guest itself.</summary>
    ShuttingDownByUser = 0x401,

    /// <summary>Off, for an unknown reason: so after a restart of the daemon's machine.</summary>
    ShutOff = 0x500,

    /// <summary>Off since the guest shut down.</summary>
    ShutOffShutDown = 0x501,

    /// <summary>Off since it was destroyed.</summary>
    ShutOffDestroyed = 0x502,

    /// <summary>Off since it crashed, or since its process was killed.</summary>
    ShutOffCrashed = 0x503,

    /// <summary>Off since it went to another machine.</summary>
    ShutOffMigrated = 0x504,

    /// <summary>Off since it was saved to a file.</summary>
    ShutOffSaved = 0x505,

    /// <summary>Off since it failed to start.</summary>
    ShutOffFailed = 0x506,

    /// <summary>Off since a snapshot was taken up.</summary>
    ShutOffFromSnapshot = 0x507,

    /// <summary>Off since the daemon decided so while it was starting.</summary>
    ShutOffByDaemon = 0x508,

    /// <summary>Crashed, for an unknown reason.</summary>
    Crashed = 0x600,

    /// <summary>Crashed: the guest panicked.</summary>
    CrashedPanicked = 0x601,

    /// <summary>Suspended by the guest.</summary>
    PowerManagementSuspended = 0x700,
}
