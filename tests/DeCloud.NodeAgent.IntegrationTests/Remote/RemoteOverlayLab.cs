using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Orchestrator;
using DeCloud.NodeAgent.IntegrationTests.WireGuard;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>An agent in the overlay that obeys both kinds of orchestrator, and another node of the overlay behind a cable, which is not told of it by anybody but the tests.</summary>
public sealed class RemoteOverlayLab : RemoteLab
{
    /// <summary>The node's address on the cable and in the overlay, and the part of the overlay that its VMs are in.</summary>
    public const string Underlay = "192.0.2.9";
    public const string Address = "10.80.0.9";
    public const string Subnet = "10.80.9.0/24";

    private readonly string _tag = Guid.NewGuid().ToString("n")[..4];
    private readonly string _switch;

    /// <summary>Knows how to make them.</summary>
    public RemoteOverlayLab()
    {
        _switch = $"dcw{_tag}r";
        Other = new(_tag, 1, _switch);
    }

    /// <summary>The other node.</summary>
    public OverlayNode Other { get; }

    /// <summary>The HTTP orchestrator that the agent works for as well.</summary>
    public OrchestratorDouble HttpOrchestrator { get; } = new();

    /// <inheritdoc/>
    protected override string[] Settings =>
    [
        .. base.Settings.Union(OrchestratedLab.SettingsFor(HttpOrchestrator, StatePath)),
        $"WireGuard:InterfaceName=wg{_tag}r9", $"WireGuard:Address={Address}/16", $"WireGuard:VmSubnet={Subnet}", $"WireGuard:VmBridge=dco{_tag}",
    ];

    /// <summary>What the agent says of the overlay.</summary>
    public async Task<WireGuardResource> ShowAsync() => await Api.GetAsync("/api/wireguard", RestJson.Default.WireGuardResource);

    /// <summary>Whether this machine gets an answer to a ping.</summary>
    public static async Task<bool> ReachesAsync(string address) => (await Tool.TryAsync("ping", "-c", "1", "-W", "1", address)).ExitCode == 0;

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await Tool.RunAsync("ip", "netns", "add", _switch);
        await Tool.RunAsync("ip", "-n", _switch, "link", "add", "br0", "type", "bridge");
        await Tool.RunAsync("ip", "-n", _switch, "link", "set", "br0", "up");
        await Other.PlugInAsync();
        await Tool.RunAsync("ip", "link", "add", $"dcw{_tag}", "type", "veth", "peer", "name", "p9", "netns", _switch);
        await Tool.RunAsync("ip", "-n", _switch, "link", "set", "p9", "master", "br0", "up");
        await Tool.RunAsync("ip", "address", "add", Underlay + "/24", "dev", $"dcw{_tag}");
        await Tool.RunAsync("ip", "link", "set", $"dcw{_tag}", "up");
        await Other.StartAsync();
        await Other.UpAsync();
        await base.InitializeAsync();
        await Patience.UntilAsync(
            "the overlay is up, and the VMs' way into it", TimeSpan.FromSeconds(30), async () => await ShowAsync() is { State: "up", Vms.State: "up" } shown ? shown : null, () => Agent.Log);
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        // The process of wireguard-go ends with its interface.
        await Tool.TryAsync("ip", "link", "del", $"wg{_tag}r9");
        await base.DisposeAsync();
        await OverlayLeftovers.RemoveAsync(Agent.Port);
        await HttpOrchestrator.DisposeAsync();
        await Other.DisposeAsync();
        await Tool.TryAsync("ip", "link", "del", $"dco{_tag}");
        await Tool.TryAsync("ip", "link", "del", $"dcw{_tag}");
        await Tool.TryAsync("ip", "netns", "del", _switch);
    }

    /// <inheritdoc/>
    protected override async Task PrepareStateAsync()
    {
        await base.PrepareStateAsync();
        await OrchestratedLab.PrepareAsync(HttpOrchestrator, StatePath);
    }
}
