using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Contracts.Rest;

/// <summary>
/// The JSON form of everything the REST API reads and writes: camel case, absent instead of null, unknown or doubled fields refused. Because null is written as absent, a parameter of a
/// record's constructor may be absent too; what a request must hold is a <c>required</c> property.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DictionaryKeyPolicy = JsonKnownNamingPolicy.Unspecified,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    NumberHandling = JsonNumberHandling.Strict,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(CreateVmRequest))]
[JsonSerializable(typeof(StopVmRequest))]
[JsonSerializable(typeof(PullImageRequest))]
[JsonSerializable(typeof(VmResource))]
[JsonSerializable(typeof(Page<VmResource>))]
[JsonSerializable(typeof(OperationResource))]
[JsonSerializable(typeof(AcceptedResource))]
[JsonSerializable(typeof(Page<OperationResource>))]
[JsonSerializable(typeof(Page<HistoryEntryResource>))]
[JsonSerializable(typeof(EventResource))]
[JsonSerializable(typeof(ImageResource))]
[JsonSerializable(typeof(ImageListResource))]
[JsonSerializable(typeof(AllocatePortRequest))]
[JsonSerializable(typeof(PortResource))]
[JsonSerializable(typeof(PortListResource))]
[JsonSerializable(typeof(VncTicketResource))]
[JsonSerializable(typeof(CreateConsoleTicketRequest))]
[JsonSerializable(typeof(ConsoleTicketResource))]
[JsonSerializable(typeof(NodeResource))]
[JsonSerializable(typeof(CapacityResource))]
[JsonSerializable(typeof(Page<ForeignDomainResource>))]
[JsonSerializable(typeof(ProblemResource))]
[JsonSerializable(typeof(IReadOnlyList<ErrorKindResource>))]
[JsonSerializable(typeof(ReadinessResource))]
[JsonSerializable(typeof(WireGuardResource))]
[JsonSerializable(typeof(WireGuardPeerResource))]
[JsonSerializable(typeof(PutWireGuardPeerRequest))]
[JsonSerializable(typeof(WireGuardKeyResource))]
[JsonSerializable(typeof(OrchestratorResource))]
[JsonSerializable(typeof(PushedCommandRequest))]
[JsonSerializable(typeof(CommandTakenResource))]
[JsonSerializable(typeof(NodeResources))]
[JsonSerializable(typeof(NodeSnapshot))]
[JsonSerializable(typeof(HealthResource))]
[JsonSerializable(typeof(ConfigurationResource))]
[JsonSerializable(typeof(WarningListResource))]
[JsonSerializable(typeof(WarningResource))]
[JsonSerializable(typeof(AcknowledgeWarningRequest))]
[JsonSerializable(typeof(ActorListResource))]
[JsonSerializable(typeof(ActorDetailResource))]
[JsonSerializable(typeof(ActorTopResource))]
[JsonSerializable(typeof(TailResource))]
[JsonSerializable(typeof(RestartActorRequest))]
[JsonSerializable(typeof(ActorRestartResource))]
[JsonSerializable(typeof(DeadLetterResource))]
[JsonSerializable(typeof(DeadLetterListResource))]
[JsonSerializable(typeof(JournalPageResource))]
public sealed partial class RestJson : JsonSerializerContext;
