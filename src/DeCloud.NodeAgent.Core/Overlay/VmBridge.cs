using System.Collections.Immutable;
using System.Net;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>What leads VMs into the overlay: a bridge of the agent's own that their second interfaces are on, the way between it and the tunnel, and rules that leave no other way.</summary>
/// <param name="Bridge">The bridge's name.</param>
/// <param name="Mark">What says on the bridge that this agent made it.</param>
/// <param name="Tunnel">The name of WireGuard's interface.</param>
/// <param name="Overlay">The whole overlay.</param>
/// <param name="Subnet">The part that the node's VMs are in.</param>
/// <param name="Guests">The VMs that are attached, ordered by id.</param>
/// <param name="Nodes">The addresses of nodes, this one's included, ordered: guests reach each other, and no node's own services.</param>
public sealed record VmBridge(string Bridge, string Mark, string Tunnel, IPNetwork Overlay, VmSubnet Subnet, ImmutableArray<BridgeGuest> Guests, ImmutableArray<IPAddress> Nodes)
{
    /// <summary>The bridge's address with its network.</summary>
    public InterfaceAddress Address => new(Subnet.Gateway, Subnet.Network.PrefixLength);

    /// <summary>
    /// The bridge's Ethernet address: 52:56 (locally administered, unicast) and the gateway's IPv4 address. Set when the bridge is made, because the kernel's own choice would change with the
    /// interfaces on it, and what guests have learned of their gateway with it. It also tells a bridge that was made and not yet marked.
    /// </summary>
    public string MacAddress => $"52:56:{string.Join(':', Subnet.Gateway.GetAddressBytes().Select(b => b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)))}";

    /// <inheritdoc/>
    public bool Equals(VmBridge? other) =>
        other is not null && Bridge == other.Bridge && Mark == other.Mark && Tunnel == other.Tunnel && Overlay.Equals(other.Overlay) && Subnet == other.Subnet
        && Guests.SequenceEqual(other.Guests) && Nodes.SequenceEqual(other.Nodes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Bridge, Mark, Tunnel, Guests.Length, Nodes.Length);
}

/// <summary>A VM on the bridge.</summary>
/// <param name="VmId">The VM; its interface and its Ethernet address there follow from it.</param>
/// <param name="Address">The one IPv4 address that it may use there.</param>
public sealed record BridgeGuest(VmId VmId, IPAddress Address);

/// <summary>What was seen of it on the host.</summary>
/// <param name="Links">The network interfaces that matter: the one of the bridge's name, any with its mark, and the guests'.</param>
/// <param name="Forwarding">Which of the bridge and the tunnel pass packets on; an interface that is not there is left out.</param>
/// <param name="HasRules">Whether the rules are in force as they were made for this.</param>
public sealed record BridgeSighting(ImmutableArray<SeenLink> Links, ImmutableDictionary<string, bool> Forwarding, bool HasRules);

/// <summary>One thing to do to the host.</summary>
public abstract record BridgeStep
{
    private BridgeStep()
    {
    }

    /// <summary>Put the rules in force, all in one transaction.</summary>
    public sealed record SetRules : BridgeStep;

    /// <summary>Make the bridge.</summary>
    public sealed record Make : BridgeStep;

    /// <summary>Mark it as this agent's.</summary>
    public sealed record Mark : BridgeStep;

    /// <summary>Take an address away from it.</summary>
    /// <param name="Address">The address.</param>
    public sealed record RemoveAddress(InterfaceAddress Address) : BridgeStep;

    /// <summary>Give it its address.</summary>
    public sealed record AddAddress : BridgeStep;

    /// <summary>Switch it on.</summary>
    public sealed record SetUp : BridgeStep;

    /// <summary>Have an interface pass packets on.</summary>
    /// <param name="InterfaceName">Which.</param>
    public sealed record Forward(string InterfaceName) : BridgeStep;

    /// <summary>Put a running guest's interface on the bridge again.</summary>
    /// <param name="InterfaceName">Which.</param>
    public sealed record Attach(string InterfaceName) : BridgeStep;

    /// <summary>Remove an interface.</summary>
    /// <param name="InterfaceName">Its name.</param>
    public sealed record RemoveLink(string InterfaceName) : BridgeStep;
}

/// <summary>What to do next.</summary>
/// <param name="Steps">In this order; none when everything is as it shall be.</param>
/// <param name="Refusal">Why nothing may be done, with the remedy; null when something may.</param>
public sealed record BridgePlan(ImmutableArray<BridgeStep> Steps, string? Refusal)
{
    /// <summary>The smallest change that makes the host what it shall be. The rules come first: they know interfaces by name, and no packet shall pass before them.</summary>
    /// <param name="target">What it shall be.</param>
    /// <param name="seen">What it is.</param>
    public static BridgePlan For(VmBridge target, BridgeSighting seen)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(seen);
        var link = seen.Links.FirstOrDefault(l => l.Name == target.Bridge);
        if (link is not null && !IsOurs(target, link))
        {
            return new([], $"The interface {link.Name} exists and is not this agent's. It is left alone. Remove it, or set WireGuard:VmBridge to another name.");
        }

        var steps = ImmutableArray.CreateBuilder<BridgeStep>();
        if (!seen.HasRules)
        {
            steps.Add(new BridgeStep.SetRules());
        }

        steps.AddRange(seen.Links.Where(l => l.Name != target.Bridge && l.Alias == target.Mark).Select(l => new BridgeStep.RemoveLink(l.Name)));
        if (link is null)
        {
            steps.Add(new BridgeStep.Make());
        }

        if (link?.Alias != target.Mark)
        {
            steps.Add(new BridgeStep.Mark());
        }

        var addresses = link?.Addresses ?? [];
        steps.AddRange(addresses.Where(a => a != target.Address).Select(a => new BridgeStep.RemoveAddress(a)));
        if (!addresses.Contains(target.Address))
        {
            steps.Add(new BridgeStep.AddAddress());
        }

        if (link is not { IsUp: true })
        {
            steps.Add(new BridgeStep.SetUp());
        }

        // A bridge that is not there yet is looked at in the next round.
        steps.AddRange(new[] { target.Bridge, target.Tunnel }.Where(name => seen.Forwarding.TryGetValue(name, out var passes) && !passes).Select(name => new BridgeStep.Forward(name)));
        var guests = target.Guests.Select(g => g.VmId.OverlayInterfaceName).ToHashSet(StringComparer.Ordinal);
        steps.AddRange(seen.Links.Where(l => guests.Contains(l.Name) && l.Master != target.Bridge).Select(l => new BridgeStep.Attach(l.Name)));
        return new(steps.ToImmutable(), null);
    }

    private static bool IsOurs(VmBridge target, SeenLink link) =>
        link.Kind == "bridge" && (link.Alias == target.Mark || (link.Alias is null && link.MacAddress == target.MacAddress));
}

/// <summary>
/// What leads VMs into the overlay on this host. Calls fail with a <see cref="Node.FailureException"/> of <see cref="Node.FailureCodes.WireGuardUnavailable"/>, whose message names the cause and the remedy.
/// </summary>
public interface IOverlayBridge
{
    /// <summary>Looks at the host without changing it.</summary>
    /// <param name="target">What it shall be.</param>
    /// <param name="cancellation">Gives up.</param>
    Task<BridgeSighting> LookAsync(VmBridge target, CancellationToken cancellation);

    /// <summary>Does one step. A step that was done already does no harm.</summary>
    /// <param name="step">The step.</param>
    /// <param name="target">What the host shall be at last.</param>
    /// <param name="cancellation">Gives up.</param>
    Task ApplyAsync(BridgeStep step, VmBridge target, CancellationToken cancellation);

    /// <summary>Removes bridges with a mark, and the rules with them, for a node that attaches no VMs any more. Touches nothing where there is none.</summary>
    /// <param name="mark">What says on a bridge that this agent made it.</param>
    /// <param name="cancellation">Gives up.</param>
    Task RemoveAsync(string mark, CancellationToken cancellation);
}
