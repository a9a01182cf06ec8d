using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>Three nodes on one switch, each a peer of the other two.</summary>
public sealed class OverlayLab : IAsyncLifetime
{
    /// <summary>The preshared key of nodes 1 and 2.</summary>
    public const string SharedKey = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=";

    private readonly string _tag = Guid.NewGuid().ToString("n")[..4];
    private readonly string _switch;

    /// <summary>Knows how to make them.</summary>
    public OverlayLab()
    {
        _switch = $"dcw{_tag}s";
        Nodes = [.. Enumerable.Range(1, 3).Select(n => new OverlayNode(_tag, n, _switch))];
    }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<OverlayNode> Nodes { get; }

    /// <summary>A node that is not there yet.</summary>
    public OverlayNode Another(int number) => new(_tag, number, _switch);

    /// <summary>Makes a node known to the other.</summary>
    public static string? SharedKeyOf(OverlayNode one, OverlayNode other) => one.Number + other.Number == 3 ? SharedKey : null;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await Tool.RunAsync("ip", "netns", "add", _switch);
        await Tool.RunAsync("ip", "-n", _switch, "link", "add", "br0", "type", "bridge");
        await Tool.RunAsync("ip", "-n", _switch, "link", "set", "br0", "up");
        foreach (var node in Nodes)
        {
            await node.PlugInAsync();
        }

        await Task.WhenAll(Nodes.Select(n => n.StartAsync()));
        await Task.WhenAll(Nodes.Select(n => n.UpAsync()));
        foreach (var (one, other) in Pairs())
        {
            await one.PeerWithAsync(other, presharedKey: SharedKeyOf(one, other));
        }

        foreach (var (one, other) in Pairs())
        {
            await one.ReachAsync(other, TimeSpan.FromSeconds(30));
        }
    }

    /// <summary>Every ordered pair.</summary>
    public IEnumerable<(OverlayNode One, OverlayNode Other)> Pairs() => Nodes.SelectMany(one => Nodes.Where(other => other != one).Select(other => (one, other)));

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
