using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using DeCloud.NodeAgent.Api.Problems;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Api.OpenApi;

/// <summary>An example of everything that crosses the wire, written by the serializer that writes the real thing.</summary>
internal static class Examples
{
    public const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    public const string PeerKeyInPath = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg";
    public const string OperationId = "vm-4f1c9d5e7f0b4a579a530d8ad4b2f8a1-1";
    public const string Ticket = "mzhwr1Nh4bNQ0mDqz2hYc0X8nVv5tqk3pJwUuJ1dQbE";
    private const string ImageUrl = "https://cloud.debian.org/images/cloud/bookworm/latest/debian-12-genericcloud-amd64.qcow2";
    private const string SshKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@example";
    private const string Key = "create-web-1";
    private const string CommandId = "5b0c7a52-3d0a-4b8e-9a27-0a4f5a3f9f10";
    private const long GiB = 1L << 30;
    private static readonly DateTimeOffset Time = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly ImmutableSortedDictionary<string, string> Labels = ImmutableSortedDictionary<string, string>.Empty.Add("env", "test");

    public static Guid VmId { get; } = Guid.Parse("4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1");

    private static VmResource Vm { get; } = new()
    {
        Id = VmId,
        Name = "web-1",
        VCpus = 2,
        MemoryBytes = 2 * GiB,
        DiskBytes = 20 * GiB,
        BaseImageUrl = ImageUrl,
        BaseImageHash = Digest,
        ImageDigest = Digest,
        ImageTrust = "pinned",
        SshPublicKey = SshKey,
        HasUserData = false,
        Labels = Labels,
        MacAddress = "52:54:4f:1c:9d:5e",
        Intent = new("running", "api", Key, Time),
        Status = new("running", "booted", Time.AddSeconds(3)),
        Addresses = ["192.168.122.45"],
        Crashes = 0,
        LastOperation = OperationId,
        CreatedAt = Time,
        Version = 12,
    };

    private static OperationResource Operation { get; } = new()
    {
        Id = OperationId,
        Kind = "create",
        Status = "running",
        Resource = $"/api/vms/{VmId}",
        RequestId = Key,
        RequestedBy = "api",
        AcceptedAt = Time,
        Stage = "resolve-image",
        Progress = new(104857600, 345112576),
    };

    private static HistoryEntryResource Entry { get; } =
        new(7, Time.AddSeconds(2), "step-completed", null, "The disk was created.", JsonElement.Parse("""{"step":"create-disk"}"""));

    private static ForeignDomainResource Foreign { get; } = new(Guid.Parse("0b7e4d9c-31c8-4e3f-8a2e-6a6fd1f6a0c4"), "my-own-vm", "running");

    private static ImageListResource Images { get; } = new(
        [
            new()
            {
                Digest = Digest,
                SourceUrl = ImageUrl,
                SourceFormat = "qcow2",
                SizeBytes = 345112576,
                VirtualSizeBytes = 3 * GiB,
                Trust = "pinned",
                ImportedAt = Time,
                LastUsedAt = Time,
                UsedBy = [VmId],
            },
        ],
        345112576,
        100 * GiB,
        400 * GiB);

    private static PortResource Port { get; } = new() { VmId = VmId, GuestPort = 80, Protocol = "tcp", HostPort = 20000, Label = "web", RequestedBy = "api", Since = Time };

    private static NodeResource Node { get; } = new()
    {
        Version = "0.1.0",
        StartedAt = Time,
        UptimeSeconds = 86400,
        Hypervisor = new("connected", Time, null, "10.0.0", "8.2.2", "kvm", "The processor has vmx, and /dev/kvm can be opened."),
        Vms = new Dictionary<string, int> { ["running"] = 12, ["stopped"] = 1 },
        ForeignDomains = 1,
        Reconciled = true,
    };

    private static WireGuardPeerResource Peer { get; } = new()
    {
        PublicKey = PeerKeyInPath + "=",
        Endpoint = "192.0.2.20:51820",
        AllowedIps = ["10.80.0.8/32", "10.80.8.0/24"],
        KeepaliveSeconds = 25,
        HasPresharedKey = true,
        State = "connected",
        CurrentEndpoint = "192.0.2.20:51820",
        LastHandshakeAt = Time,
        ReceivedBytes = 18432,
        SentBytes = 20480,
    };

    private static WireGuardResource WireGuard { get; } = new()
    {
        State = "up",
        Since = Time,
        InterfaceName = "wg0",
        Implementation = "kernel",
        ListenPort = 51820,
        Address = "10.80.0.7/16",
        PublicKey = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=",
        KeyId = 1,
        KeySince = Time,
        ObservedAt = Time,
        Peers = [Peer],
        Vms = new() { State = "up", Subnet = "10.80.7.0/24", Gateway = "10.80.7.1", Bridge = "dcoverlay", FreeAddresses = 252, Attached = [new(VmId, "web-1", "10.80.7.2", null)] },
    };

    private static CapacityResource Capacity { get; } = new()
    {
        Cpu = new(16, 0, 16, 256, 2, 254, false),
        Memory = new(64 * GiB, GiB, 63 * GiB, 2231369728, 65414139904, false),
        Disks = [new("/", ["vms", "images"], 500 * GiB, 30 * GiB, 5 * GiB, 465 * GiB, 21490696192, 100 * GiB, 370425855488, false)],
        Gpus = new(1, 0, 1, [new("0000:65:00.0", "GA102GL [RTX A6000]", 48 * GiB, ["0000:65:00.0", "0000:65:00.1"], null)]),
        Vms = [new(VmId, "web-1", 2, 2231369728, 21490696192, [])],
        Warnings = [],
    };

    private static ShortageResource Shortage { get; } = new(
        "memory",
        "bytes",
        null,
        69062361088,
        63 * GiB,
        2231369728,
        65414139904,
        "Not enough memory: 69062361088 bytes are asked for, 65414139904 are free of 67645734912 (68719476736 bytes less 1073741824 for the host; 342884352 of what is asked for is QEMU's own). Ask for less, or delete VMs.");


    private static OrchestratorResource Orchestrator { get; } = new()
    {
        State = "logged-in",
        Url = "https://orchestrator.example/",
        NodeId = "7d9b31f4-0b0f-4b76-8a0e-3f5d3c2b9e11",
        LoginWished = true,
        SchedulingReady = true,
        LastReportAt = Time,
        NextTryAt = Time.AddSeconds(15),
        Failures = 0,
        CommandsReceived = 31,
        CommandsOpen = 1,
        Outbox = 0,
        ResultsTold = 30,
        QuarantinedVms = [],
    };

    private static readonly Dictionary<Type, JsonNode?> ByType = new()
    {
        [typeof(WireGuardResource)] = Write(WireGuard, WireJson.Types.WireGuardResource),
        [typeof(WireGuardPeerResource)] = Write(Peer, WireJson.Types.WireGuardPeerResource),
        [typeof(PutWireGuardPeerRequest)] = Write(
            new PutWireGuardPeerRequest { Endpoint = "192.0.2.20:51820", AllowedIps = ["10.80.0.8/32", "10.80.8.0/24"], KeepaliveSeconds = 25 },
            WireJson.Types.PutWireGuardPeerRequest),
        [typeof(WireGuardKeyResource)] = Write(new WireGuardKeyResource("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=", 2), WireJson.Types.WireGuardKeyResource),
        [typeof(CreateVmRequest)] = Write(
            new CreateVmRequest { Name = "web-1", VCpus = 2, MemoryBytes = 2 * GiB, DiskBytes = 20 * GiB, BaseImageUrl = ImageUrl, BaseImageHash = "", SshPublicKey = SshKey, Labels = Labels },
            WireJson.Types.CreateVmRequest),
        [typeof(StopVmRequest)] = Write(new StopVmRequest { Force = false }, WireJson.Types.StopVmRequest),
        [typeof(PullImageRequest)] = Write(new PullImageRequest { Url = ImageUrl }, WireJson.Types.PullImageRequest),
        [typeof(VmResource)] = Write(Vm, WireJson.Types.VmResource),
        [typeof(Page<VmResource>)] = Write(new Page<VmResource>([Vm], 1, null), WireJson.Types.PageVmResource),
        [typeof(OperationResource)] = Write(Operation, WireJson.Types.OperationResource),
        [typeof(Page<OperationResource>)] = Write(new Page<OperationResource>([Operation], 1, null), WireJson.Types.PageOperationResource),
        [typeof(AcceptedResource)] = Write(new AcceptedResource(Operation, Vm), WireJson.Types.AcceptedResource),
        [typeof(Page<HistoryEntryResource>)] = Write(new Page<HistoryEntryResource>([Entry], 12, "7"), WireJson.Types.PageHistoryEntryResource),
        [typeof(EventResource)] = $"id: 42\nevent: step-completed\ndata: {JsonSerializer.Serialize(new EventResource(42, $"/api/vms/{VmId}", Entry), WireJson.Types.EventResource)}\n\n",
        [typeof(ImageListResource)] = Write(Images, WireJson.Types.ImageListResource),
        [typeof(AllocatePortRequest)] = Write(new AllocatePortRequest { GuestPort = 80, Protocol = "tcp", Label = "web" }, WireJson.Types.AllocatePortRequest),
        [typeof(PortResource)] = Write(Port, WireJson.Types.PortResource),
        [typeof(PortListResource)] = Write(new PortListResource([Port], 20000, 21999, new("on", true, null)), WireJson.Types.PortListResource),
        [typeof(VncTicketResource)] = Write(new VncTicketResource("127.0.0.1", 41357, Time.AddMinutes(1)), WireJson.Types.VncTicketResource),
        [typeof(CreateConsoleTicketRequest)] = Write(new CreateConsoleTicketRequest { Kind = "serial" }, WireJson.Types.CreateConsoleTicketRequest),
        [typeof(ConsoleTicketResource)] = Write(new ConsoleTicketResource(Ticket, "serial", Time.AddSeconds(30), "/api/consoles/" + Ticket), WireJson.Types.ConsoleTicketResource),
        [typeof(NodeResource)] = Write(Node, WireJson.Types.NodeResource),
        [typeof(CapacityResource)] = Write(Capacity, WireJson.Types.CapacityResource),
        [typeof(Page<ForeignDomainResource>)] = Write(new Page<ForeignDomainResource>([Foreign], 1, null), WireJson.Types.PageForeignDomainResource),
        [typeof(ReadinessResource)] = Write(new ReadinessResource(true, ["journal", "libvirt", "reconciled", "capacity"]), WireJson.Types.ReadinessResource),
        [typeof(IReadOnlyList<ErrorKindResource>)] = Write([ErrorCatalogue.Shown[0]], WireJson.Types.IReadOnlyListErrorKindResource),
        [typeof(ConfigurationResource)] = Write(
            new ConfigurationResource(
            [
                new() { Key = "Http:ApiToken", Value = "(hidden)", Origin = "environment", IsChanged = true, Default = "none", Meaning = "The token that callers must show as 'Authorization: Bearer'." },
                new() { Key = "Vms:StopGrace", Value = "2m", Origin = "/etc/decloud/conf.d/10-node.json", IsChanged = true, Default = "00:01:00", Meaning = "How long a guest has for its shutdown before the power is cut." },
            ]),
            WireJson.Types.ConfigurationResource),
        [typeof(HealthResource)] = Write(
            new HealthResource("degraded", [new("journal", "ok", "The journal can be written."), new("disk /", "degraded", "Only 12.4 GiB (6.2 %) are free on /. Free space on it, or what is written to it will stop.")]),
            WireJson.Types.HealthResource),
        [typeof(NodeResources)] = Write(ResourceExamples.Inventory, WireJson.Types.NodeResources),
        [typeof(CpuResource)] = Write(ResourceExamples.Inventory.Cpu, WireJson.Types.CpuResource),
        [typeof(MemoryResource)] = Write(ResourceExamples.Inventory.Memory, WireJson.Types.MemoryResource),
        [typeof(StorageResource)] = Write(ResourceExamples.Inventory.Storage, WireJson.Types.StorageResource),
        [typeof(NetworkResource)] = Write(ResourceExamples.Inventory.Network, WireJson.Types.NetworkResource),
        [typeof(GpusResource)] = Write(ResourceExamples.Inventory.Gpus, WireJson.Types.GpusResource),
        [typeof(NodeSnapshot)] = Write(ResourceExamples.Snapshot, WireJson.Types.NodeSnapshot),
        [typeof(OrchestratorResource)] = Write(Orchestrator, WireJson.Types.OrchestratorResource),
        [typeof(PushedCommandRequest)] = Write(new PushedCommandRequest { CommandId = CommandId, Type = 2, Payload = $$"""{"VmId":"{{VmId}}"}""" }, WireJson.Types.PushedCommandRequest),
        [typeof(CommandTakenResource)] = Write(new CommandTakenResource(CommandId), WireJson.Types.CommandTakenResource),
        [typeof(WarningListResource)] = Write(new WarningListResource([ActorExamples.Warning]), WireJson.Types.WarningListResource),
        [typeof(WarningResource)] = Write(ActorExamples.Warning, WireJson.Types.WarningResource),
        [typeof(AcknowledgeWarningRequest)] = Write(new AcknowledgeWarningRequest { Note = "being upgraded" }, WireJson.Types.AcknowledgeWarningRequest),
        [typeof(ActorListResource)] = Write(ActorExamples.List, WireJson.Types.ActorListResource),
        [typeof(ActorDetailResource)] = Write(ActorExamples.Detail, WireJson.Types.ActorDetailResource),
        [typeof(ActorTopResource)] = Write(ActorExamples.Top, WireJson.Types.ActorTopResource),
        [typeof(TailResource)] = $"event: message\ndata: {JsonSerializer.Serialize(ActorExamples.Sight, WireJson.Types.TailResource)}\n\n",
        [typeof(RestartActorRequest)] = Write(new RestartActorRequest { Path = ActorExamples.Path }, WireJson.Types.RestartActorRequest),
        [typeof(ActorRestartResource)] = Write(new ActorRestartResource(ActorExamples.Path), WireJson.Types.ActorRestartResource),
        [typeof(DeadLetterListResource)] = Write(new DeadLetterListResource([ActorExamples.DeadLetter], 3), WireJson.Types.DeadLetterListResource),
        [typeof(DeadLetterResource)] = $"event: dead-letter\ndata: {JsonSerializer.Serialize(ActorExamples.DeadLetter, WireJson.Types.DeadLetterResource)}\n\n",
        [typeof(JournalPageResource)] = Write(new JournalPageResource([new(7, ActorExamples.Time, "vm-step-completed.1", "The disk was created. (Number=3)")], 12, 7), WireJson.Types.JournalPageResource),
        [typeof(string)] = "ok\n",
    };

    /// <summary>The example of a type.</summary>
    public static JsonNode? Of(Type type) => ByType[type]?.DeepClone();

    /// <summary>The example of a problem.</summary>
    public static JsonNode? Problem(ErrorKind kind)
    {
        var problem = kind.Code switch
        {
            ApiCodes.InvalidRequest => Problems.Problem.Invalid("vCpus", "0", "must be 1 to 64."),
            FailureCodes.CapacityExhausted => Problems.Problem.Of(new(kind.Code, Shortage.Reason, false), [Shortage]),
            _ => Problems.Problem.Of(kind.Code),
        };
        return Write(problem.ToResource("0af7651916cd43dd8448eb211c80319c"), WireJson.Types.ProblemResource);
    }

    private static JsonNode? Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToNode(value, type);
}
