using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>The rules are in force.</summary>
/// <param name="IsMended">Whether somebody had changed or removed what an earlier call made in the agent's own tables.</param>
/// <param name="Unforwarded">Why libvirt's firewall lets no forwarded port through; null when it does, or none is wanted. What keeps VMs apart is in force all the same.</param>
public sealed record FilterOutcome(bool IsMended, Failure? Unforwarded);

/// <summary>The host's packet filter, of which the agent has tables of its own. Nothing outside them is changed, save for one rule that lets forwarded ports through libvirt's firewall.</summary>
public interface IPacketFilter
{
    /// <summary>Whether the filter can be used.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when it can; else why not (<see cref="FailureCodes.PacketFilterUnavailable"/>).</returns>
    Task<Failure?> ProbeAsync(CancellationToken cancellation);

    /// <summary>
    /// Makes the rules of the host these, in one transaction, when they are not; empty rules remove every trace. Fails with a <see cref="FailureException"/>, and then the rules of before are in force.
    /// </summary>
    /// <param name="rules">The rules.</param>
    /// <param name="isSuspect">Whether libvirt may have made its own rules anew, as after its daemon began again, so that what nobody tells of is looked at too.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What came of it.</returns>
    Task<FilterOutcome> ApplyAsync(NetworkRules rules, bool isSuspect, CancellationToken cancellation);

    /// <summary>Completes when the host's rules are no longer those of the last <see cref="ApplyAsync"/>, because somebody else changed them; costs nothing until then. One caller at a time.</summary>
    /// <param name="cancellation">Gives up.</param>
    Task ChangedAsync(CancellationToken cancellation);

    /// <summary>The ports that programs of the host itself listen on or have bound.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>For each port, for which protocols.</returns>
    Task<IReadOnlyDictionary<int, PortProtocol>> BusyPortsAsync(CancellationToken cancellation);
}
