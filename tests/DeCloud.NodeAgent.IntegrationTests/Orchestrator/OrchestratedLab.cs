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
    protected override string[] Settings => SettingsFor(Orchestrator, StatePath);

    /// <inheritdoc/>
    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await Orchestrator.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override Task PrepareStateAsync() => PrepareAsync(Orchestrator, StatePath);

    /// <summary>What an agent must be told to work for an orchestrator.</summary>
    /// <param name="orchestrator">The orchestrator, started.</param>
    /// <param name="statePath">The agent's state folder, prepared.</param>
    internal static string[] SettingsFor(OrchestratorDouble orchestrator, string statePath) =>
    [
        $"Orchestrator:BaseUrl={orchestrator.Url}",
        $"Orchestrator:WalletKeyFile={Path.Combine(statePath, "wallet")}",
        "Orchestrator:MachineId=lab-machine",
        $"Orchestrator:AcceptTermsVersion={orchestrator.Terms.Version}",
        $"Orchestrator:AcceptTermsHash={orchestrator.Terms.Hash}",
        "Heartbeat:Interval=00:00:01",
        "Images:AllowHttp=true",
        "Images:AllowPrivateAddresses=true",
    ];

    /// <summary>Starts an orchestrator and gives the agent a wallet.</summary>
    /// <param name="orchestrator">The orchestrator.</param>
    /// <param name="statePath">The agent's state folder.</param>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Only Linux hosts VMs.")]
    internal static async Task PrepareAsync(OrchestratorDouble orchestrator, string statePath)
    {
        orchestrator.ImagePath = await TestImages.SmallAsync();
        await orchestrator.StartAsync();
        var wallet = Path.Combine(statePath, "wallet");
        await File.WriteAllTextAsync(wallet, WalletKey);
        File.SetUnixFileMode(wallet, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
