namespace DeCloud.Libvirt.Events;

/// <summary>What changed about a domain (<c>virDomainEventType</c>).</summary>
public enum DomainChangeKind
{
    /// <summary>Its definition came or was changed.</summary>
    Defined = 0,

    /// <summary>Its definition went.</summary>
    Undefined = 1,

    /// <summary>It started.</summary>
    Started = 2,

    /// <summary>It was paused.</summary>
    Suspended = 3,

    /// <summary>It goes on.</summary>
    Resumed = 4,

    /// <summary>Its process has ended.</summary>
    Stopped = 5,

    /// <summary>The guest has powered off; its process has not ended yet.</summary>
    ShutDown = 6,

    /// <summary>The guest suspended itself.</summary>
    PowerManagementSuspended = 7,

    /// <summary>The guest crashed.</summary>
    Crashed = 8,
}

/// <summary>
/// What changed about a domain, and why. libvirt numbers the details anew for each kind
/// (<c>virDomainEventDefinedDetailType</c> and its siblings); here the kind is the upper byte, so that one value says
/// it all. A detail that a newer libvirt adds arrives as its bare number.
/// </summary>
public enum DomainChange
{
    /// <summary>Newly defined.</summary>
    DefinedAdded = 0x000,

    /// <summary>Defined anew.</summary>
    DefinedUpdated = 0x001,

    /// <summary>Renamed: defined under the new name.</summary>
    DefinedRenamed = 0x002,

    /// <summary>Defined from a snapshot.</summary>
    DefinedFromSnapshot = 0x003,

    /// <summary>Undefined.</summary>
    UndefinedRemoved = 0x100,

    /// <summary>Renamed: the old name is gone.</summary>
    UndefinedRenamed = 0x101,

    /// <summary>Started.</summary>
    StartedBooted = 0x200,

    /// <summary>Came from another machine.</summary>
    StartedMigrated = 0x201,

    /// <summary>Restored from a file.</summary>
    StartedRestored = 0x202,

    /// <summary>Started from a snapshot.</summary>
    StartedFromSnapshot = 0x203,

    /// <summary>Woken up.</summary>
    StartedWakeUp = 0x204,

    /// <summary>Paused on request.</summary>
    SuspendedPaused = 0x300,

    /// <summary>Paused for a migration.</summary>
    SuspendedMigrated = 0x301,

    /// <summary>Paused because a disk failed or is full.</summary>
    SuspendedIoError = 0x302,

    /// <summary>Paused by its watchdog.</summary>
    SuspendedWatchdog = 0x303,

    /// <summary>Restored from a file, still paused.</summary>
    SuspendedRestored = 0x304,

    /// <summary>Taken from a snapshot, still paused.</summary>
    SuspendedFromSnapshot = 0x305,

    /// <summary>Paused since an operation on it failed halfway.</summary>
    SuspendedApiError = 0x306,

    /// <summary>Paused for the second half of a migration.</summary>
    SuspendedPostCopy = 0x307,

    /// <summary>Paused because the second half of a migration failed.</summary>
    SuspendedPostCopyFailed = 0x308,

    /// <summary>Goes on after a pause.</summary>
    ResumedUnpaused = 0x400,

    /// <summary>Goes on after a migration.</summary>
    ResumedMigrated = 0x401,

    /// <summary>Goes on from a snapshot.</summary>
    ResumedFromSnapshot = 0x402,

    /// <summary>Goes on while its memory is still coming.</summary>
    ResumedPostCopy = 0x403,

    /// <summary>Goes on although the rest of its memory failed to come.</summary>
    ResumedPostCopyFailed = 0x404,

    /// <summary>Ended after the guest shut down.</summary>
    StoppedShutDown = 0x500,

    /// <summary>Destroyed.</summary>
    StoppedDestroyed = 0x501,

    /// <summary>Crashed.</summary>
    StoppedCrashed = 0x502,

    /// <summary>Went to another machine.</summary>
    StoppedMigrated = 0x503,

    /// <summary>Saved to a file.</summary>
    StoppedSaved = 0x504,

    /// <summary>Its process failed: it was killed, or ended without being asked.</summary>
    StoppedFailed = 0x505,

    /// <summary>Ended to take up a snapshot.</summary>
    StoppedFromSnapshot = 0x506,

    /// <summary>Powered off; by whom is not known.</summary>
    ShutDownFinished = 0x600,

    /// <summary>Powered off by the guest.</summary>
    ShutDownByGuest = 0x601,

    /// <summary>Powered off by a signal to its process.</summary>
    ShutDownByHost = 0x602,

    /// <summary>Suspended to memory.</summary>
    PowerManagementSuspendedToMemory = 0x700,

    /// <summary>Suspended to disk.</summary>
    PowerManagementSuspendedToDisk = 0x701,

    /// <summary>The guest's kernel panicked.</summary>
    CrashedPanicked = 0x800,

    /// <summary>The guest's kernel panicked and keeps a dump of itself.</summary>
    CrashedCrashLoaded = 0x801,
}
