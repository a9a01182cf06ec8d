using DeCloud.NodeAgent.IntegrationTests.WireGuard;

namespace DeCloud.NodeAgent.IntegrationTests.Remote;

/// <summary>
/// An agent and an orchestrator on two ends of a cable that can be broken. Nothing stands between them that would end and begin their TLS: packets of the real connections are lost, and either
/// side may dial the other as it likes.
/// </summary>
public sealed class PartitionLab : RemoteLab
{
    private readonly string _tag = Guid.NewGuid().ToString("n")[..4];

    /// <inheritdoc/>
    public override string EdgeHost => "198.51.100.1";

    /// <inheritdoc/>
    public override string OrchestratorHost => "198.51.100.2";

    /// <inheritdoc/>
    public override string OrchestratorNamespace => $"dcw{_tag}o";

    /// <summary>Answers and events of the node vanish; what is sent to it arrives.</summary>
    public Task SwallowAnswersAsync() => BreakAsync("in", "drop");

    /// <summary>Commands and acknowledgements vanish; what the node sends arrives.</summary>
    public Task SwallowCommandsAsync() => BreakAsync("out", "drop");

    /// <summary>Everything vanishes; neither side is told.</summary>
    public async Task SwallowAllAsync()
    {
        await SwallowAnswersAsync();
        await SwallowCommandsAsync();
    }

    /// <summary>Every connection is reset, and none can be made.</summary>
    public async Task CutAsync()
    {
        // The resets themselves must pass, or nobody is told.
        await BreakAsync("in", "tcp flags & rst != rst reject with tcp reset");
        await BreakAsync("out", "tcp flags & rst != rst reject with tcp reset");
    }

    /// <summary>Mends the cable.</summary>
    public async Task HealAsync() => await NftAsync("flush table inet cut");

    /// <inheritdoc/>
    public override async Task InitializeAsync()
    {
        await Tool.RunAsync("ip", "netns", "add", OrchestratorNamespace);
        await Tool.RunAsync("ip", "link", "add", $"dcw{_tag}", "type", "veth", "peer", "name", "eth0", "netns", OrchestratorNamespace);
        await Tool.RunAsync("ip", "address", "add", EdgeHost + "/24", "dev", $"dcw{_tag}");
        await Tool.RunAsync("ip", "link", "set", $"dcw{_tag}", "up");
        await Tool.RunAsync("ip", "-n", OrchestratorNamespace, "address", "add", OrchestratorHost + "/24", "dev", "eth0");
        await Tool.RunAsync("ip", "-n", OrchestratorNamespace, "link", "set", "lo", "up");
        await Tool.RunAsync("ip", "-n", OrchestratorNamespace, "link", "set", "eth0", "up");
        await NftAsync("add table inet cut; add chain inet cut in { type filter hook input priority 0; }; add chain inet cut out { type filter hook output priority 0; }");
        await base.InitializeAsync();
    }

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Tool.TryAsync("ip", "link", "del", $"dcw{_tag}");
        await Tool.TryAsync("ip", "netns", "del", OrchestratorNamespace);
    }

    private Task<string> BreakAsync(string chain, string verdict) => NftAsync($"add rule inet cut {chain} {verdict}");

    private Task<string> NftAsync(string command) => Tool.RunAsync("ip", "netns", "exec", OrchestratorNamespace, "nft", command);
}
