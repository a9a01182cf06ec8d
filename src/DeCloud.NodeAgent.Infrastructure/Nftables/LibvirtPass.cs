using System.ComponentModel;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// Keeps the agent's rule in libvirt's firewall (<see cref="LibvirtBackend"/>) in its place. A program is only run when there is something to see: at the start, when the first port is
/// forwarded or the last one taken away, and when the chain is not as it was left, which the kernel tells where it is kept in nf_tables.
/// </summary>
/// <param name="backend">Where libvirt keeps it.</param>
/// <param name="table">The name of the agent's tables.</param>
/// <param name="deadline">How long one program may take.</param>
/// <param name="time">The clock.</param>
internal sealed class LibvirtPass(LibvirtBackend backend, string table, TimeSpan deadline, TimeProvider time)
{
    /// <summary>NFPROTO_IPV4, the family of iptables' tables.</summary>
    private const byte IPv4 = 2;

    /// <summary>Where iptables keeps its rules in the older way (iptables-legacy), nobody tells of changes, and they are looked at this often.</summary>
    private static readonly TimeSpan UnwatchedFor = TimeSpan.FromMinutes(10);

    private NetworkRules? _passed;
    private byte[] _chain = [];
    private bool _isUnwatched;
    private long _lookedAt;

    /// <summary>Whether the chain may not be as it was left.</summary>
    /// <param name="kernel">Tells.</param>
    /// <exception cref="Win32Exception">The kernel refused.</exception>
    public bool IsTouched(NfTables kernel) =>
        _passed is { Forwards.IsEmpty: false } && !Seen(kernel).AsSpan().SequenceEqual(_chain);

    /// <summary>Puts the rule where it belongs, or takes it away, when it is not so already.</summary>
    /// <param name="kernel">Tells whether the chain was changed.</param>
    /// <param name="rules">The rules.</param>
    /// <param name="isSuspect">Whether libvirt may have made its rules anew.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Whether the rule had been there and had to be put back.</returns>
    /// <exception cref="FailureException">The program refused.</exception>
    public async Task<bool> FollowAsync(NfTables kernel, NetworkRules rules, bool isSuspect, CancellationToken cancellation)
    {
        var isAlike = _passed is { } before && before.Forwards.IsEmpty == rules.Forwards.IsEmpty
            && (rules.Forwards.IsEmpty || (before.Bridge == rules.Bridge && before.RangeStart == rules.RangeStart && before.RangeEnd == rules.RangeEnd));
        var isOverdue = _isUnwatched && !rules.Forwards.IsEmpty && (isSuspect || time.GetElapsedTime(_lookedAt) > UnwatchedFor);
        if (backend.FindLister() is not { } lister || (isAlike && !isOverdue && !IsTouched(kernel)))
        {
            return false;
        }

        if (backend.IsInKernel && Seen(kernel) is [] and var none)
        {
            // No chain, or a chain without a reject: the kernel tells when libvirt fills it.
            (_chain, _passed) = (none, rules);
            return false;
        }

        var listing = await HostTool.RunFileAsync(lister, backend.List, deadline, cancellation).ConfigureAwait(false);
        var repair = backend.Repair(listing.IsDone ? listing.Output : null, table, rules);
        if (repair is not null)
        {
            var restore = backend.FindRestorer()
                ?? throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"The program {backend.Restorer} is missing. Install the package {backend.Package}.");
            var restored = await HostTool.RunFileAsync(restore, backend.Restore, deadline, cancellation, repair).ConfigureAwait(false);
            if (!restored.IsDone)
            {
                _passed = null;
                throw FailureException.Transient(FailureCodes.PacketFilterUnavailable, $"{backend.Restorer} refused the rule in libvirt's chain {backend.Chain} ({restored})");
            }
        }

        // Whoever comes between the look and this is found out at the next change or not at all, as long as the rule itself is left alone; libvirt makes its chains at once or not at all.
        _chain = Seen(kernel);
        _isUnwatched = !backend.IsInKernel && listing.IsDone && _chain.Length == 0;
        _lookedAt = time.GetTimestamp();
        _passed = rules;
        return repair is not null && isAlike && !rules.Forwards.IsEmpty;
    }

    private byte[] Seen(NfTables kernel) => kernel.Rules(IPv4, backend.Table, backend.Chain);
}
