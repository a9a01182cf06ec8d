using DeCloud.NodeAgent.Actors.Orchestration;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Api;
using DeCloud.NodeAgent.Configuration;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Infrastructure.Orchestrator;

namespace DeCloud.NodeAgent.Composition;

/// <summary>Where the dealings with an HTTP orchestrator are put together.</summary>
internal static class OrchestratorComposition
{
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(10);

    /// <summary>What the node needs for its orchestrator; null when none is configured, and on Windows, where the configuration refuses one: a host without VMs has nothing to offer.</summary>
    public static OrchestratorParts? Orchestrator(NodeOptions options, ImageUrlPolicy urls, ResourceBoard board)
    {
        if (!OperatingSystem.IsLinux() || OrchestratorConfiguration.UrlOf(options) is not { } url)
        {
            return null;
        }

        var section = options.Orchestrator;
        var machine = section.MachineId ?? MachineId.Read();
        var wallet = section.Wallet ?? "";
        var settings = new OrchestratorSettings
        {
            BaseUrl = url,
            MachineId = machine ?? "",
            Wallet = wallet,
            AgentVersion = Start.Version,
            Name = section.Name ?? Environment.MachineName,
            Country = section.Country,
            Region = section.Region,
            Zone = section.Zone,
            PublicIp = section.PublicIp?.ToString() ?? "",
            AgentPort = section.AgentPort > 0 ? section.AgentPort : options.Http.Listen.Port,
            Interval = options.Heartbeat.Interval,
            AcceptedTerms = section.AcceptedTerms,
            CanProve = machine is not null && (section.WalletKey is not null || section.MessageFile is not null),
            Limits = new(options.Vms.MaxVCpus, options.Vms.MaxMemoryBytes, options.Vms.MaxDiskBytes, urls),
        };
        return new(
            settings,
            new HttpOrchestratorClient(url, RequestDeadline),
            section.WalletKey is { } key ? new WalletProof(key)
                : section is { MessageFile: { } message, SignatureFile: { } signature } ? new PreparedProof(message, signature, wallet)
                : new NoProof(),
            new OrchestratorVault(Path.Join(options.StatePath, "orchestrator")),
            new BoardReport(board, settings.PublicIp, section.BenchmarkScore),
            Basics(settings.PublicIp, section.BenchmarkScore),
            section.ApiKey is { } issued && NodeIdOf(issued, machine, wallet) is { } nodeId ? new(nodeId, issued) : null,
            Random.Shared.NextDouble);
    }

    private static string? NodeIdOf(string apiKey, string? machine, string wallet) =>
        IssuedKey.NodeIdOf(apiKey) ?? (machine is not null && wallet.Length > 0 ? NodeIdentity.NodeIdOf(machine, wallet).ToString("D") : null);

    private static HostInventory Basics(string publicIp, int benchmarkScore)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var architecture = System.Runtime.InteropServices.RuntimeInformation.OSArchitecture.ToString();
        return new(
            new("", architecture, Environment.ProcessorCount, Environment.ProcessorCount, 0, [], false, benchmarkScore), new(memory, memory, 0), [], [], new(publicIp, "", 1), KvmAvailable: false);
    }
}
