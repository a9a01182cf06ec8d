using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Ports;

/// <summary>A VM as it is seen at the moment.</summary>
/// <param name="IsDown">Whether it is known not to run; false when nobody knows.</param>
/// <param name="Addresses">Its addresses, as far as they are known now.</param>
public sealed record SeenVm(bool IsDown, IReadOnlyList<string> Addresses);

/// <summary>What follows for the packet filter from the ports, the VMs and the owner's wishes.</summary>
public static class NetworkPlan
{
    /// <summary>The facts that follow from addresses seen.</summary>
    /// <param name="table">The ports.</param>
    /// <param name="vms">The VMs that exist.</param>
    /// <param name="see">Looks at a VM; null when it has not shown itself.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<PortEvents.Pointed> Point(PortTable table, IEnumerable<VmId> vms, Func<VmId, SeenVm?> see, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(see);
        return
        [
            .. from vm in vms.Order()
               let address = FirstIPv4(see(vm)?.Addresses)
               where address is not null && table.Addresses.GetValueOrDefault(vm) != address
               select new PortEvents.Pointed(vm, address, now),
        ];
    }

    /// <summary>
    /// The rules. Only stored addresses count, so that the rules of an agent that was killed at any moment are those that the next one begins with. A VM that nobody has seen yet keeps its
    /// last address, so that neither an agent nor a libvirt that restarts cuts a VM off; an address that another VM has now is not kept.
    /// </summary>
    /// <param name="bridge">The bridge of the VMs' network.</param>
    /// <param name="isIsolated">Whether isolation is on.</param>
    /// <param name="policy">What the owner decided.</param>
    /// <param name="table">The ports and the last addresses.</param>
    /// <param name="vms">The VMs that exist.</param>
    /// <param name="see">Looks at a VM; null when it has not shown itself.</param>
    public static NetworkRules Rules(string bridge, bool isIsolated, NetworkPolicy policy, PortTable table, IEnumerable<VmId> vms, Func<VmId, SeenVm?> see)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(see);
        var ordered = vms.Order().ToList();
        var addresses = new Dictionary<VmId, IPAddress>();
        var owners = new HashSet<string>();
        foreach (var isFresh in new[] { true, false })
        {
            foreach (var vm in ordered.Where(vm => !addresses.ContainsKey(vm)))
            {
                var seen = see(vm);
                var stored = table.Addresses.GetValueOrDefault(vm);
                var address = isFresh ? (FirstIPv4(seen?.Addresses) == stored ? stored : null) : seen?.IsDown == true ? null : stored;
                if (address is not null && owners.Add(address))
                {
                    addresses[vm] = IPAddress.Parse(address);
                }
            }
        }

        return new(
            bridge,
            isIsolated,
            policy.ReachablePrivateNetworks,
            policy.Ports.RangeStart,
            policy.Ports.RangeEnd,
            [.. ordered.Select(vm => new GuestRule(vm, addresses.GetValueOrDefault(vm)))],
            [.. table.Forwards.Where(f => addresses.ContainsKey(f.VmId)).Select(f => new ForwardRule(f.HostPort, f.Protocol, addresses[f.VmId], f.GuestPort))]);
    }

    private static string? FirstIPv4(IReadOnlyList<string>? addresses) =>
        addresses?.Select(a => IPAddress.TryParse(a, out var ip) && ip.AddressFamily == AddressFamily.InterNetwork ? ip.ToString() : null).FirstOrDefault(a => a is not null);
}
