using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Vms;

/// <summary>What the registry knows of the room there is: what the host has, and what its images take. Belongs to the registry, whose messages are the one lock under which VMs are let in.</summary>
/// <param name="policy">How much of the host is offered.</param>
internal sealed class Vacancy(AdmissionPolicy policy)
{
    private static readonly Failure Unknown =
        new(FailureCodes.CapacityUnknown, "What this machine has is still being found out, so it can't be said whether a VM fits. Try again when /readyz answers 200.", false);

    private HostCapacity? _host;
    private long _imageBytes;
    private ImmutableArray<string> _warnings = [];

    /// <summary>Whether it is known what the host has.</summary>
    public bool IsKnown => _host is not null;

    private Offer? Offer => _host is { } host ? new(host, policy, _imageBytes) : null;

    /// <summary>The host has this now.</summary>
    /// <param name="host">What it has.</param>
    /// <param name="vms">The VMs that are there; they stay, whatever it has.</param>
    /// <returns>What is wrong and was not before, a sentence each.</returns>
    public IReadOnlyList<string> Learn(HostCapacity host, IReadOnlyCollection<KeyValuePair<VmId, VmSpec>> vms)
    {
        _host = host;
        var before = _warnings;
        _warnings = Offer!.Warnings(Reservations.Of(vms), vms);
        return [.. _warnings.Except(before)];
    }

    /// <summary>The images take this now.</summary>
    public void Learn(ResourceMessages.ImagesTake take) => _imageBytes = take.Bytes;

    /// <summary>Whether there is room for one more VM.</summary>
    /// <param name="command">Which.</param>
    /// <param name="vms">The VMs that are there.</param>
    public AdmissionVerdict Judge(VmCommands.Create command, IEnumerable<KeyValuePair<VmId, VmSpec>> vms) =>
        Offer is { } offer ? Admission.Decide(offer, Reservations.Of(vms), command.Spec, command.Gpus, command.Overlay) : new(null, Unknown, []);

    /// <summary>What is offered, reserved and free.</summary>
    /// <param name="vms">The VMs that are there.</param>
    public VmReply View(IReadOnlyCollection<KeyValuePair<VmId, VmSpec>> vms) => Offer is { } offer ? new VmReply.Capacity(offer.View(vms)) : new VmReply.Refused(Unknown);
}
