using System.Diagnostics.CodeAnalysis;
using DeCloud.NodeAgent.IntegrationTests.Agent;

namespace DeCloud.NodeAgent.IntegrationTests.Orchestrator;

/// <summary>An agent with an orchestrator that it works for.</summary>
public sealed class OrchestratedLab : AgentLab
{
    /// <summary>A key that documentation of Ethereum libraries publishes; nobody keeps anything in it.</summary>
    private const string WalletKey = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

    /// <summary>The orchestrator.</summary>
    public OrchestratorDouble Orchestrator { get; } = new();

    /// <inheritdoc/>
    protected override string[] Settings =>
    [
        $"Orchestrator:BaseUrl={Orchestrator.Url}",
        $"Orchestrator:WalletKeyFile={Path.Combine(StatePath, "wallet")}",
        "Orchestrator:MachineId=lab-machine",
        $"Orchestrator:AcceptTermsVersion={Orchestrator.Terms.Version}",
        $"Orchestrator:AcceptTermsHash={Orchestrator.Terms.Hash}",
        "Heartbeat:Interval=00:00:01",
        "Images:AllowHttp=true",
        "Images:AllowPrivateAddresses=true",
    ];

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Orchestrator.DisposeAsync();
    }

    /// <inheritdoc/>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Only Linux hosts VMs.")]
    protected override async Task PrepareStateAsync()
    {
        Orchestrator.ImagePath = await TestImages.SmallAsync();
        await Orchestrator.StartAsync();
        var wallet = Path.Combine(StatePath, "wallet");
        await File.WriteAllTextAsync(wallet, WalletKey);
        File.SetUnixFileMode(wallet, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
