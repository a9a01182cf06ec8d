namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>Everything in the agent's tables at one moment, as the kernel tells it.</summary>
/// <param name="Generation">The generation of the whole ruleset at that moment; it is another one after every change by anybody.</param>
/// <param name="Frame">Tables, chains, rules, sets and the elements that do not follow from VMs; the same bytes as long as nobody replaces any of them, be it by its like.</param>
/// <param name="Elements">The elements that follow from VMs and ports.</param>
internal sealed record TableImage(uint Generation, byte[] Frame, HashSet<FilterElement> Elements)
{
    /// <summary>Whether this is the frame of an earlier look, with these elements.</summary>
    public bool Is(byte[] frame, IReadOnlySet<FilterElement> elements) => Frame.AsSpan().SequenceEqual(frame) && Elements.SetEquals(elements);
}
