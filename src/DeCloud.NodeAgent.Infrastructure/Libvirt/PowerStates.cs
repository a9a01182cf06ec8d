using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Events;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Vms;
using DomainEvent = DeCloud.NodeAgent.Core.Hypervisor.DomainEvent;
using DomainStatus = DeCloud.NodeAgent.Core.Hypervisor.DomainStatus;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>libvirt's states, reasons and events in the words of the domain.</summary>
internal static class PowerStates
{
    public static DomainStatus Of(DomainRef domain, DeCloud.Libvirt.Domains.DomainStatus status) => new(domain.Uuid, domain.Name, StateOf(status.State), ReasonOf(status.Reason));

    public static PowerState StateOf(DomainState state) => state switch
    {
        DomainState.Running or DomainState.Blocked or DomainState.ShuttingDown => PowerState.Running,
        DomainState.Paused or DomainState.PowerManagementSuspended => PowerState.Paused,
        DomainState.ShutOff or DomainState.Crashed => PowerState.Stopped,
        _ => PowerState.Unknown,
    };

    public static PowerReason ReasonOf(DomainStateReason reason) => reason switch
    {
        DomainStateReason.RunningBooted => PowerReason.Booted,
        DomainStateReason.RunningUnpaused or DomainStateReason.RunningWakeUp => PowerReason.Resumed,
        DomainStateReason.ShuttingDown or DomainStateReason.ShuttingDownByUser => PowerReason.ShuttingDown,
        DomainStateReason.PausedByUser => PowerReason.UserPaused,
        DomainStateReason.PausedIoError => PowerReason.IoError,
        DomainStateReason.PausedByWatchdog => PowerReason.Watchdog,
        DomainStateReason.PausedCrashed or DomainStateReason.CrashedPanicked or DomainStateReason.Crashed => PowerReason.GuestPanicked,
        DomainStateReason.PausedForMigration or DomainStateReason.PausedForSave or DomainStateReason.PausedForDump or DomainStateReason.PausedShuttingDown
            or DomainStateReason.PausedForSnapshot or DomainStateReason.PausedStartingUp => PowerReason.Transient,
        DomainStateReason.ShutOffShutDown => PowerReason.GuestShutdown,
        DomainStateReason.ShutOffDestroyed => PowerReason.Destroyed,
        DomainStateReason.ShutOffCrashed => PowerReason.Crashed,
        DomainStateReason.ShutOffFailed => PowerReason.Failed,
        DomainStateReason.ShutOffByDaemon => PowerReason.Daemon,
        DomainStateReason.ShutOffMigrated or DomainStateReason.ShutOffSaved or DomainStateReason.ShutOffFromSnapshot => PowerReason.MovedAway,
        _ => PowerReason.Unspecified,
    };

    public static DomainEvent? Of(DeCloud.Libvirt.Events.DomainEvent happened) => happened switch
    {
        DomainRebootEvent => new(happened.Domain.Uuid, DomainEventKind.Rebooted, null),
        // A domain that runs outlives its definition, and a new name is no new domain.
        DomainLifecycleEvent { Change: DomainChange.UndefinedRemoved, Domain.WasRunning: false } => State(happened.Domain, DomainEventKind.Removed, PowerState.Absent, PowerReason.Unspecified),
        DomainLifecycleEvent { Change: DomainChange.DefinedAdded, Domain.WasRunning: false } => State(happened.Domain, DomainEventKind.State, PowerState.Stopped, PowerReason.Unspecified),
        DomainLifecycleEvent lifecycle => lifecycle.Kind switch
        {
            DomainChangeKind.Started => State(happened.Domain, DomainEventKind.State, PowerState.Running, PowerReason.Booted),
            DomainChangeKind.Resumed => State(happened.Domain, DomainEventKind.State, PowerState.Running, PowerReason.Resumed),
            DomainChangeKind.Suspended or DomainChangeKind.PowerManagementSuspended => State(happened.Domain, DomainEventKind.State, PowerState.Paused, PowerReason.Unspecified),
            DomainChangeKind.Stopped => State(happened.Domain, DomainEventKind.State, PowerState.Stopped, PowerReason.Unspecified),
            DomainChangeKind.Crashed => new(happened.Domain.Uuid, DomainEventKind.Panicked, null),
            _ => new(happened.Domain.Uuid, DomainEventKind.Changed, null),
        },
        DomainIoErrorEvent or DomainWatchdogEvent or DomainControlErrorEvent => new(happened.Domain.Uuid, DomainEventKind.Changed, null),
        _ => null,
    };

    private static DomainEvent State(DomainRef domain, DomainEventKind kind, PowerState state, PowerReason reason) =>
        new(domain.Uuid, kind, new(domain.Uuid, domain.Name, state, reason));
}
