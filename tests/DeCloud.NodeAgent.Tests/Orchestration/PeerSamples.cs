using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Tests.Orchestration;

/// <summary>Values that the tests of the dealings with an orchestrator agree on.</summary>
internal static class PeerSamples
{
    public const string Wallet = "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23";

    /// <summary>A key that documentation of Ethereum libraries publishes with its signatures; nobody keeps anything in it.</summary>
    public const string WalletKey = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";

    public static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    public static readonly Terms Terms = new("1.2", new string('a', 64));
    public static readonly Guid Vm = Guid.Parse("5e0a2c3a-7f0b-4c57-9a39-9d4c1e0b7a11");

    public static readonly OrchestratorSettings Settings = new()
    {
        BaseUrl = new("https://orchestrator.example/api"),
        MachineId = "machine-1",
        Wallet = Wallet,
        AgentVersion = "1.0",
        AcceptedTerms = Terms,
        CanProve = true,
        Limits = new(8, 64L << 30, 1L << 40, new ImageUrlPolicy("/var/lib/decloud/images", [], false, new HashSet<int>())),
    };

    public static readonly HostInventory Inventory = new(new("EPYC", "x86_64", 8, 16, 3500, ["svm"], true), new(64L << 30, 32L << 30, 32L << 30), [], [], new("198.51.100.7", "10.0.0.2", 1), true);

    public static string Create(Guid vm, string more = "") =>
        $$"""{"VmId":"{{vm}}","Name":"Web 1","OwnerId":"owner-1","VirtualCpuCores":2,"MemoryBytes":536870912,"DiskBytes":1073741824,"QualityTier":1,"ComputePointCost":7,"BaseImageUrl":"https://images.example/base.qcow2","BaseImageHash":"{{new string('b', 64)}}"{{more}}}""";

    public static string About(Guid vm, string more = "") => $$"""{"VmId":"{{vm}}"{{more}}}""";

    public static PeerCommand Command(OrchestratorCommandType? type, string payload, string id = "command-1", DateTimeOffset? queuedAt = null, DateTimeOffset? expiresAt = null, bool isExpired = false, TimeSpan? age = null, bool requiresAck = true) =>
        new(id, type, type?.ToString() ?? "?", payload, requiresAck, queuedAt ?? Now, expiresAt, isExpired, age);

    public static HeartbeatAnswer Answer(params PeerCommand[] commands) => new([.. commands], null, null, null, true);
}
