using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>Three nodes that run VMs on one switch, each a peer of the other two, with two VMs in the overlay on the first and one on the second.</summary>
public sealed class OverlayVmLab : IAsyncLifetime
{
    private readonly string _tag = Guid.NewGuid().ToString("n")[..4];
    private readonly string _switch;

    /// <summary>Knows how to make them.</summary>
    public OverlayVmLab()
    {
        _switch = $"dcw{_tag}t";
        Nodes = [.. Enumerable.Range(1, 3).Select(n => new OverlayVmNode(_tag, n, _switch))];
    }

    internal IReadOnlyList<OverlayVmNode> Nodes { get; }

    internal VmResource OnFirst { get; private set; } = null!;

    internal VmResource AlsoOnFirst { get; private set; } = null!;

    internal VmResource OnSecond { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await Tool.RunAsync("ip", "netns", "add", _switch);
        await Tool.RunAsync("ip", "-n", _switch, "link", "add", "br0", "type", "bridge");
        await Tool.RunAsync("ip", "-n", _switch, "link", "set", "br0", "up");
        foreach (var node in Nodes)
        {
            await node.InitializeAsync();
        }

        await Task.WhenAll(Nodes.Select(n => n.UpAsync()));
        foreach (var one in Nodes)
        {
            foreach (var other in Nodes.Where(o => o != one))
            {
                await one.PeerWithAsync(other);
            }
        }

        // One after the other: three emulated guests that boot at once starve each other.
        OnFirst = await Nodes[0].AttachedVmAsync();
        AlsoOnFirst = await Nodes[0].AttachedVmAsync();
        OnSecond = await Nodes[1].AttachedVmAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (var node in Nodes)
        {
            await node.DisposeAsync();
        }

        await Tool.TryAsync("ip", "netns", "del", _switch);
    }
}
