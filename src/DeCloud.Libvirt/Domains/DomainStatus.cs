using DeCloud.Libvirt.Parameters;

namespace DeCloud.Libvirt.Domains;

/// <summary>What a domain is doing, and why.</summary>
/// <param name="State">The state.</param>
/// <param name="Reason">Why it is in it.</param>
public readonly record struct DomainStatus(DomainState State, DomainStateReason Reason)
{
    /// <summary>Puts together what libvirt says in two numbers.</summary>
    /// <param name="state">The state.</param>
    /// <param name="reason">The reason, counted within the state.</param>
    public static DomainStatus Of(int state, int reason) =>
        new((DomainState)state, (DomainStateReason)((state << 8) | (reason & 0xff)));

    /// <summary>The state within bulk statistics of the group <see cref="DomainStatsGroups.State"/>; null when it is not there.</summary>
    /// <param name="parameters">A domain's statistics.</param>
    public static DomainStatus? From(TypedParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.Int64("state.state") is { } state && parameters.Int64("state.reason") is { } reason
            ? Of((int)state, (int)reason)
            : null;
    }
}
