using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>Which ports of the host lead to which VMs. No two forwards ever share a host port and a protocol.</summary>
public sealed record PortTable
{
    /// <summary>The most characters of a label.</summary>
    public const int LongestLabel = 63;

    /// <summary>How many requests are remembered, the latest, so that one which is repeated gets its first answer.</summary>
    public const int RememberedRequests = 1000;

    /// <summary>The forwards, ordered by host port.</summary>
    public ImmutableList<PortForward> Forwards { get; init; } = [];

    /// <summary>The last IPv4 address seen of each VM.</summary>
    public ImmutableDictionary<VmId, string> Addresses { get; init; } = ImmutableDictionary<VmId, string>.Empty;

    /// <summary>What was answered to the latest requests, oldest first.</summary>
    public ImmutableList<AnsweredPortRequest> Answered { get; init; } = [];

    /// <summary>The table after one more event.</summary>
    /// <param name="event">What happened.</param>
    public PortTable Apply(IPortEvent @event) => @event switch
    {
        PortEvents.Allocated e => Add(new(e.VmId, e.GuestPort, e.Protocol, e.HostPort, e.Label, e.Request, e.At)),
        PortEvents.Removed e when Find(e.VmId, e.GuestPort, e.Protocol) is { } forward => Remember(e.Request, forward, isRemoval: true).Without(forward),
        PortEvents.Freed e => this with { Forwards = Forwards.RemoveAll(f => f.VmId == e.VmId), Addresses = Addresses.Remove(e.VmId) },
        PortEvents.Pointed e => this with { Addresses = Addresses.SetItem(e.VmId, e.Address) },
        _ => this,
    };

    /// <summary>What a wish for a port comes to: an answer without a change, or the event that must be stored first.</summary>
    /// <param name="command">The wish.</param>
    /// <param name="policy">From where ports are given.</param>
    /// <param name="isBusy">Whether the host itself uses a port for any of these protocols.</param>
    /// <param name="now">The time.</param>
    public (PortReply? Reply, PortEvents.Allocated? Event) Decide(PortCommands.Allocate command, PortPolicy policy, Func<int, PortProtocol, bool> isBusy, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(isBusy);
        if (Repeated(command.Request, isRemoval: false) is { } repeated)
        {
            return (repeated, null);
        }

        if (Wrong(command, policy) is { } wrong)
        {
            return (Refusal(FailureCodes.PortRefused, wrong), null);
        }

        if (Forwards.Find(f => f.VmId == command.VmId && f.GuestPort == command.GuestPort && (f.Protocol & command.Protocol) != 0) is { } same)
        {
            return same.Protocol == command.Protocol && (command.HostPort is null || command.HostPort == same.HostPort)
                ? (new PortReply.Done(same), null)
                : (Refusal(FailureCodes.PortTaken, $"Port {command.GuestPort} of the VM has host port {same.HostPort} for {PortWords.Of(same.Protocol)} already. Remove that first."), null);
        }

        if (Forwards.Count(f => f.VmId == command.VmId) >= policy.MostPerVm)
        {
            return (Refusal(FailureCodes.PortsExhausted, $"The VM has {policy.MostPerVm} forwarded ports, which is the most that is allowed (Ports:MaxPerVm). Remove one first."), null);
        }

        var taken = Forwards.Where(f => (f.Protocol & command.Protocol) != 0).Select(f => f.HostPort).ToHashSet();
        if (command.HostPort is { } wanted)
        {
            return taken.Contains(wanted) || isBusy(wanted, command.Protocol)
                ? (Refusal(FailureCodes.PortTaken, $"Port {wanted} of the host is in use. Give another one, or none to get the lowest that is free."), null)
                : (null, Allocated(command, wanted, now));
        }

        for (var port = policy.RangeStart; port <= policy.RangeEnd; port++)
        {
            if (!taken.Contains(port) && !isBusy(port, command.Protocol))
            {
                return (null, Allocated(command, port, now));
            }
        }

        return (new PortReply.Refused(new(
            FailureCodes.PortsExhausted, $"No port of {policy.RangeStart} to {policy.RangeEnd} is free. Remove some, or widen Ports:RangeStart and Ports:RangeEnd.", false)), null);
    }

    /// <summary>What a wish to remove a port comes to: an answer without a change, or the event that must be stored first.</summary>
    /// <param name="command">The wish.</param>
    /// <param name="now">The time.</param>
    public (PortReply? Reply, PortEvents.Removed? Event) Decide(PortCommands.Remove command, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(command);
        if (Repeated(command.Request, isRemoval: true) is { } repeated)
        {
            return (repeated, null);
        }

        return Find(command.VmId, command.GuestPort, command.Protocol) switch
        {
            null => (Refusal(FailureCodes.PortNotFound, $"The VM has no forwarded port {command.GuestPort} for {PortWords.Of(command.Protocol)}."), null),
            { HostPort: var has } when command.HostPort is { } named && named != has => (Refusal(
                FailureCodes.PortRefused,
                $"Port {command.GuestPort} of the VM has host port {has} for {PortWords.Of(command.Protocol)}, not {named}, so nothing was removed. Name {has}, or no host port."), null),
            _ => (null, new(command.VmId, command.GuestPort, command.Protocol, command.Request, now)),
        };
    }

    /// <summary>The forward of a VM's port; null when there is none.</summary>
    /// <param name="vm">The VM.</param>
    /// <param name="guestPort">The guest's port.</param>
    /// <param name="protocol">The protocol as it was allocated.</param>
    public PortForward? Find(VmId vm, int guestPort, PortProtocol protocol) =>
        Forwards.Find(f => f.VmId == vm && f.GuestPort == guestPort && f.Protocol == protocol);

    /// <summary>The facts that follow from which VMs exist: the ports of the others are free.</summary>
    /// <param name="exists">Whether a VM exists.</param>
    /// <param name="now">The time.</param>
    public IReadOnlyList<PortEvents.Freed> Free(Func<VmId, bool> exists, DateTimeOffset now) =>
        [.. Forwards.Select(f => f.VmId).Concat(Addresses.Keys).Distinct().Where(vm => !exists(vm)).Select(vm => new PortEvents.Freed(vm, now))];

    private static string? Wrong(PortCommands.Allocate command, PortPolicy policy) =>
        command.GuestPort is < 1 or > 65535 ? $"Guest port {command.GuestPort} is no port. Give 1 to 65535."
        : (command.Protocol & ~PortProtocol.Both) != 0 || command.Protocol == PortProtocol.None ? "The protocol is none of tcp, udp and both."
        : command.HostPort < policy.RangeStart || command.HostPort > policy.RangeEnd
            ? $"Host port {command.HostPort} is outside the range that is given to VMs. Give {policy.RangeStart} to {policy.RangeEnd}, or none."
        : command.Label?.Length > LongestLabel || command.Label?.Any(char.IsControl) == true ? $"The label is longer than {LongestLabel} characters or has control characters."
        : null;

    private static PortEvents.Allocated Allocated(PortCommands.Allocate command, int hostPort, DateTimeOffset now) =>
        new(command.VmId, command.GuestPort, command.Protocol, hostPort, command.Label, command.Request, now);

    private static PortReply.Refused Refusal(string code, string message) => new(new Failure(code, message, true));

    private PortReply? Repeated(Request request, bool isRemoval)
    {
        if (Answered.FindLast(a => a.RequestId == request.Id) is not { } earlier)
        {
            return null;
        }

        return earlier.BodyHash != request.BodyHash || earlier.IsRemoval != isRemoval
            ? Refusal(FailureCodes.IdempotencyConflict, "This Idempotency-Key was used for another request. Use a new key.")
            : isRemoval ? new PortReply.Removed(earlier.Forward) : new PortReply.Done(earlier.Forward);
    }

    private PortTable Add(PortForward forward)
    {
        var at = Forwards.FindIndex(f => f.HostPort > forward.HostPort);
        return Remember(forward.Request, forward, isRemoval: false) with { Forwards = Forwards.Insert(at < 0 ? Forwards.Count : at, forward) };
    }

    private PortTable Without(PortForward forward) => this with { Forwards = Forwards.Remove(forward) };

    private PortTable Remember(Request request, PortForward forward, bool isRemoval)
    {
        var answered = Answered.Add(new(request.Id, request.BodyHash, isRemoval, forward));
        return this with { Answered = answered.Count > RememberedRequests ? answered.RemoveAt(0) : answered };
    }
}

/// <summary>A request about ports that was carried out.</summary>
/// <param name="RequestId">Its idempotency key.</param>
/// <param name="BodyHash">The hash of what was asked.</param>
/// <param name="IsRemoval">Whether a port was removed, and not given.</param>
/// <param name="Forward">The port it was about.</param>
public sealed record AnsweredPortRequest(string RequestId, string BodyHash, bool IsRemoval, PortForward Forward);
