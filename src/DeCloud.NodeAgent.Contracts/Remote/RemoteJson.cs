using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Contracts.Remote;

/// <summary>
/// The JSON form of the protocol: camel case, what has its default is absent, members that are not known are skipped, null where none is allowed is refused. A member that is absent has
/// its default.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(Attach))]
[JsonSerializable(typeof(Attached))]
[JsonSerializable(typeof(Refused))]
[JsonSerializable(typeof(Ack))]
[JsonSerializable(typeof(Detach))]
[JsonSerializable(typeof(CreateVm))]
[JsonSerializable(typeof(StartVm))]
[JsonSerializable(typeof(StopVm))]
[JsonSerializable(typeof(DeleteVm))]
[JsonSerializable(typeof(ReconcilePeers))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(Drain))]
[JsonSerializable(typeof(CommandAccepted))]
[JsonSerializable(typeof(CommandRefused))]
[JsonSerializable(typeof(VmEvent))]
[JsonSerializable(typeof(Heartbeat))]
[JsonSerializable(typeof(NodeReport))]
public sealed partial class RemoteJson : JsonSerializerContext;
