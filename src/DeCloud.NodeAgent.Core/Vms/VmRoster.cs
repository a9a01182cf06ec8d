using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>A fact about which VMs exist, stored for ever.</summary>
public interface IRosterEvent
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }
}

/// <summary>Everything that can happen to the roster.</summary>
public static class RosterEvents
{
    /// <summary>A VM was let in.</summary>
    /// <param name="VmId">Its identity.</param>
    /// <param name="Spec">What it shall be.</param>
    /// <param name="Request">Who asked, under which key.</param>
    /// <param name="At">When.</param>
    public sealed record Admitted(VmId VmId, VmSpec Spec, Request Request, DateTimeOffset At) : IRosterEvent;

    /// <summary>Nothing is left of a VM.</summary>
    /// <param name="VmId">Its identity.</param>
    /// <param name="At">When.</param>
    public sealed record Removed(VmId VmId, DateTimeOffset At) : IRosterEvent;
}

/// <summary>A VM on the roster.</summary>
/// <param name="Spec">What it shall be.</param>
/// <param name="Request">Who asked for it, under which key.</param>
public sealed record RosterEntry(VmSpec Spec, Request Request);

/// <summary>Which VMs exist, which have existed, and under which idempotency keys they were asked for.</summary>
public sealed record VmRoster
{
    /// <summary>How many deleted VMs are remembered, the latest. Their ids can't be used again, and their history can be read.</summary>
    public const int RememberedTombstones = 10_000;

    /// <summary>The VMs that exist.</summary>
    public ImmutableDictionary<VmId, RosterEntry> Vms { get; init; } = ImmutableDictionary<VmId, RosterEntry>.Empty;

    /// <summary>The VMs that are gone, oldest first, with the request that made them.</summary>
    public ImmutableList<RosterTombstone> Tombstones { get; init; } = [];

    /// <summary>Which VM was asked for under which key.</summary>
    public ImmutableDictionary<string, VmId> Keys { get; init; } = ImmutableDictionary<string, VmId>.Empty;

    /// <summary>Whether the VM existed and is gone.</summary>
    /// <param name="id">The VM.</param>
    public bool IsGone(VmId id) => Gone.Contains(id);

    /// <summary>The ids of the VMs that are gone.</summary>
    public ImmutableHashSet<VmId> Gone { get; init; } = [];

    /// <summary>The roster after one more event.</summary>
    /// <param name="event">What happened.</param>
    public VmRoster Apply(IRosterEvent @event) => @event switch
    {
        RosterEvents.Admitted e => this with { Vms = Vms.SetItem(e.VmId, new(e.Spec, e.Request)), Keys = Keys.SetItem(e.Request.Id, e.VmId) },
        RosterEvents.Removed e when Vms.TryGetValue(e.VmId, out var entry) => Bury(e.VmId, entry),
        _ => this,
    };

    /// <summary>What a request to make a VM comes to: the VM it made before under this key, a refusal, or null for a new VM.</summary>
    /// <param name="command">The request.</param>
    public (VmId? Earlier, Failure? Refusal) Decide(VmCommands.Create command)
    {
        if (Keys.TryGetValue(command.Request.Id, out var earlier))
        {
            return (earlier, null);
        }

        return Vms.ContainsKey(command.VmId) || IsGone(command.VmId)
            ? (null, new(FailureCodes.VmExists, "A VM with this id exists or has existed. Give another id, or none.", true))
            : (null, null);
    }

    private VmRoster Bury(VmId id, RosterEntry entry)
    {
        var tombstones = Tombstones.Add(new(id, entry.Request.Id));
        var roster = this with { Vms = Vms.Remove(id), Gone = Gone.Add(id) };
        if (tombstones.Count <= RememberedTombstones)
        {
            return roster with { Tombstones = tombstones };
        }

        var oldest = tombstones[0];
        return roster with { Tombstones = tombstones.RemoveAt(0), Gone = roster.Gone.Remove(oldest.VmId), Keys = Keys.Remove(oldest.RequestId) };
    }
}

/// <summary>A VM that is gone.</summary>
/// <param name="VmId">Its identity.</param>
/// <param name="RequestId">The idempotency key it was asked for under.</param>
public sealed record RosterTombstone(VmId VmId, string RequestId);
