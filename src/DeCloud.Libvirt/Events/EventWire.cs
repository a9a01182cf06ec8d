using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Events;

/// <summary>Domain events on the wire (<c>struct remote_domain_event_callback_*_msg</c>).</summary>
internal static class EventWire
{
    /// <summary>The kinds that can be asked for, with the number each is asked by (<c>virDomainEventID</c>).</summary>
    private static readonly (DomainEventKinds Kind, int Id)[] Ids =
    [
        (DomainEventKinds.Lifecycle, 0),
        (DomainEventKinds.Reboot, 1),
        (DomainEventKinds.Watchdog, 3),
        (DomainEventKinds.IoError, 6),
        (DomainEventKinds.ControlError, 7),
        (DomainEventKinds.Balloon, 13),
        (DomainEventKinds.DeviceRemoved, 15),
        (DomainEventKinds.AgentLifecycle, 18),
    ];

    /// <summary>The numbers that some kinds are asked by.</summary>
    public static IEnumerable<int> IdsOf(DomainEventKinds kinds) =>
        Ids.Where(entry => kinds.HasFlag(entry.Kind)).Select(entry => entry.Id);

    /// <summary>Reads an event; null for one that this client does not know.</summary>
    public static DomainEvent? Read(EventProcedure procedure, ref XdrReader reader)
    {
        if (!Enum.IsDefined(procedure))
        {
            return null;
        }

        // Which registration it answers: there is one a kind, and the kind says as much.
        reader.ReadInt32();
        var domain = DomainWire.Read(ref reader);
        DomainEvent happened = procedure switch
        {
            EventProcedure.Lifecycle => new DomainLifecycleEvent(domain, ReadChange(ref reader)),
            EventProcedure.Watchdog => new DomainWatchdogEvent(domain, (WatchdogAction)reader.ReadInt32()),
            EventProcedure.IoError => new DomainIoErrorEvent(
                domain, reader.ReadString(), reader.ReadString(), (IoErrorAction)reader.ReadInt32(), reader.ReadString()),
            EventProcedure.ControlError => new DomainControlErrorEvent(domain),
            EventProcedure.BalloonChange => new DomainBalloonEvent(domain, reader.ReadUInt64()),
            EventProcedure.DeviceRemoved => new DomainDeviceRemovedEvent(domain, reader.ReadString()),
            EventProcedure.AgentLifecycle => new DomainAgentLifecycleEvent(
                domain, (AgentState)reader.ReadInt32(), (AgentReason)reader.ReadInt32()),
            _ => new DomainRebootEvent(domain),
        };
        reader.EnsureEnd();
        return happened;
    }

    private static DomainChange ReadChange(ref XdrReader reader)
    {
        var kind = reader.ReadInt32();
        var detail = reader.ReadInt32();
        return (DomainChange)((kind << 8) | (detail & 0xff));
    }
}
