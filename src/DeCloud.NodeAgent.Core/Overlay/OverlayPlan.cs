using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>What the host's interface shall be.</summary>
/// <param name="InterfaceName">Its name.</param>
/// <param name="Mark">What says on the interface that this agent made it.</param>
/// <param name="Address">The node's address.</param>
/// <param name="ListenPort">UDP port.</param>
/// <param name="PrivateKey">The node's key.</param>
/// <param name="PublicKey">Its public half.</param>
/// <param name="Peers">The peers.</param>
public sealed record OverlayTarget(
    string InterfaceName, string Mark, InterfaceAddress Address, int ListenPort, PrivateKey PrivateKey, PublicKey PublicKey, ImmutableArray<TargetPeer> Peers);

/// <summary>A peer that the interface shall have.</summary>
/// <param name="Peer">What it shall be.</param>
/// <param name="PresharedKey">The preshared key, or null.</param>
/// <param name="IsNew">Whether it was set since the interface last had what it says: then its endpoint goes to the interface even when the peer has a session from elsewhere.</param>
public sealed record TargetPeer(OverlayPeer Peer, PresharedKey? PresharedKey, bool IsNew);

/// <summary>One thing to do to the host.</summary>
public abstract record OverlayStep
{
    private OverlayStep()
    {
    }

    /// <summary>Make the interface: the kernel's where it can, else by a process of its own.</summary>
    /// <param name="InterfaceName">Its name.</param>
    public sealed record MakeLink(string InterfaceName) : OverlayStep;

    /// <summary>Mark the interface as this agent's.</summary>
    /// <param name="InterfaceName">Its name.</param>
    /// <param name="Text">The mark.</param>
    public sealed record Mark(string InterfaceName, string Text) : OverlayStep;

    /// <summary>Change keys and peers.</summary>
    /// <param name="InterfaceName">Its name.</param>
    /// <param name="Change">What changes.</param>
    public sealed record Configure(string InterfaceName, WgChange Change) : OverlayStep;

    /// <summary>Give the interface an address.</summary>
    /// <param name="InterfaceName">Its name.</param>
    /// <param name="Address">The address.</param>
    public sealed record AddAddress(string InterfaceName, InterfaceAddress Address) : OverlayStep;

    /// <summary>Take an address away.</summary>
    /// <param name="InterfaceName">Its name.</param>
    /// <param name="Address">The address.</param>
    public sealed record RemoveAddress(string InterfaceName, InterfaceAddress Address) : OverlayStep;

    /// <summary>Switch the interface on.</summary>
    /// <param name="InterfaceName">Its name.</param>
    public sealed record SetUp(string InterfaceName) : OverlayStep;

    /// <summary>Remove an interface that this agent made.</summary>
    /// <param name="InterfaceName">Its name.</param>
    public sealed record RemoveLink(string InterfaceName) : OverlayStep;
}

/// <summary>What to do next.</summary>
/// <param name="Steps">In this order; none when everything is as it shall be.</param>
/// <param name="Refusal">Why nothing may be done, with the remedy; null when something may.</param>
public sealed record OverlayPlan(ImmutableArray<OverlayStep> Steps, string? Refusal)
{
    /// <summary>How old a handshake may be before the session it made is refused by WireGuard (Reject-After-Time of the WireGuard paper, section 6.1).</summary>
    public static readonly TimeSpan SessionLife = TimeSpan.FromSeconds(180);

    /// <summary>The smallest change that makes the host what it shall be.</summary>
    /// <param name="target">What it shall be.</param>
    /// <param name="seen">What it is.</param>
    /// <param name="now">The time, in the host's clock, by which handshakes are judged.</param>
    public static OverlayPlan For(OverlayTarget target, OverlaySighting seen, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(seen);
        var name = target.InterfaceName;
        var link = seen.Links.FirstOrDefault(l => l.Name == name);
        if (link is not null && !IsOurs(target, seen, link))
        {
            return new([], Foreign(link, seen.Device));
        }

        var steps = ImmutableArray.CreateBuilder<OverlayStep>();

        // Under another name from an earlier configuration: it would hold the port.
        steps.AddRange(seen.Links.Where(l => l.Name != name && l.Alias == target.Mark).Select(l => new OverlayStep.RemoveLink(l.Name)));
        var device = seen.Device;
        if (link is not null && device is null)
        {
            // Marked as ours, but WireGuard no longer answers for it: its process lost the way back to it.
            steps.Add(new OverlayStep.RemoveLink(name));
            link = null;
        }

        if (link is null)
        {
            steps.Add(new OverlayStep.MakeLink(name));
            device = null;
        }

        if (link?.Alias != target.Mark)
        {
            steps.Add(new OverlayStep.Mark(name, target.Mark));
        }

        if (WgChange.Between(target, device, now) is { IsEmpty: false } change)
        {
            steps.Add(new OverlayStep.Configure(name, change));
        }

        var addresses = link?.Addresses ?? [];

        // First: with the first address of a network Linux removes the others of that network too.
        steps.AddRange(addresses.Where(a => a != target.Address).Select(a => new OverlayStep.RemoveAddress(name, a)));
        if (!addresses.Contains(target.Address))
        {
            steps.Add(new OverlayStep.AddAddress(name, target.Address));
        }

        if (link is not { IsUp: true })
        {
            steps.Add(new OverlayStep.SetUp(name));
        }

        return new(steps.ToImmutable(), null);
    }

    /// <summary>What removes every interface that this agent made, for a node that takes no part in an overlay any more.</summary>
    /// <param name="mark">What says on an interface that this agent made it.</param>
    /// <param name="seen">What is there.</param>
    public static OverlayPlan ForNone(string mark, OverlaySighting seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        return new([.. seen.Links.Where(l => l.Alias == mark).Select(l => new OverlayStep.RemoveLink(l.Name))], null);
    }

    private static bool IsOurs(OverlayTarget target, OverlaySighting seen, SeenLink link) =>
        link.Alias == target.Mark
        || (link.Alias is null && seen.Device is { } device
            && (device.PublicKey == target.PublicKey || (seen.IsBeingMade && device.PublicKey is null && device.Peers.IsEmpty)));

    private static string Foreign(SeenLink link, SeenDevice? device) =>
        $"The interface {link.Name} exists and is not this agent's: {(device is null ? "it is no WireGuard interface" : link.Alias is null ? "it carries no mark of the agent and has another key" : "another program or agent has marked it")}. "
        + "It is left alone. Remove it, or set WireGuard:InterfaceName to another name.";
}
