using System.Text.Json.Serialization;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Core.Warnings;

namespace DeCloud.NodeAgent.Actors.Serialization;

/// <summary>The JSON form of the journal: camel case, members that are not known are skipped, so that an older version reads what a later one added.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
[JsonSerializable(typeof(VmEvents.Created))]
[JsonSerializable(typeof(VmEvents.OperationAccepted))]
[JsonSerializable(typeof(VmEvents.IntentChanged))]
[JsonSerializable(typeof(VmEvents.StepStarted))]
[JsonSerializable(typeof(VmEvents.StepCompleted))]
[JsonSerializable(typeof(VmEvents.StepFailed))]
[JsonSerializable(typeof(VmEvents.StepAbandoned))]
[JsonSerializable(typeof(VmEvents.Observed))]
[JsonSerializable(typeof(VmEvents.Crashed))]
[JsonSerializable(typeof(VmEvents.Rebooted))]
[JsonSerializable(typeof(VmEvents.OperationEnded))]
[JsonSerializable(typeof(VmEvents.Tombstoned))]
[JsonSerializable(typeof(VmState))]
[JsonSerializable(typeof(RosterEvents.Admitted))]
[JsonSerializable(typeof(RosterEvents.Removed), TypeInfoPropertyName = "RosterRemoved")]
[JsonSerializable(typeof(VmRoster))]
[JsonSerializable(typeof(ImageEvents.PullAccepted))]
[JsonSerializable(typeof(ImageEvents.PullEnded))]
[JsonSerializable(typeof(ImageEvents.Used))]
[JsonSerializable(typeof(ImageEvents.Removed), TypeInfoPropertyName = "ImageRemoved")]
[JsonSerializable(typeof(ImageCacheState))]
[JsonSerializable(typeof(OverlayEvents.KeyRotated))]
[JsonSerializable(typeof(OverlayEvents.PeerSet))]
[JsonSerializable(typeof(OverlayEvents.PeerRemoved))]
[JsonSerializable(typeof(OverlayState))]
[JsonSerializable(typeof(PortEvents.Allocated), TypeInfoPropertyName = "PortAllocated")]
[JsonSerializable(typeof(PortEvents.Removed), TypeInfoPropertyName = "PortRemoved")]
[JsonSerializable(typeof(PortEvents.Freed), TypeInfoPropertyName = "PortsFreed")]
[JsonSerializable(typeof(PortEvents.Pointed), TypeInfoPropertyName = "PortsPointed")]
[JsonSerializable(typeof(PortTable))]
[JsonSerializable(typeof(OrchestrationEvents.Registered), TypeInfoPropertyName = "OrchestratorRegistered")]
[JsonSerializable(typeof(OrchestrationEvents.LoginWished), TypeInfoPropertyName = "OrchestratorLoginWished")]
[JsonSerializable(typeof(OrchestrationEvents.CommandReceived), TypeInfoPropertyName = "OrchestratorCommandReceived")]
[JsonSerializable(typeof(OrchestrationEvents.CommandStarted), TypeInfoPropertyName = "OrchestratorCommandStarted")]
[JsonSerializable(typeof(OrchestrationEvents.CommandFinished), TypeInfoPropertyName = "OrchestratorCommandFinished")]
[JsonSerializable(typeof(OrchestrationEvents.ResultDelivered), TypeInfoPropertyName = "OrchestratorResultDelivered")]
[JsonSerializable(typeof(OrchestrationEvents.ResultAskedAgain), TypeInfoPropertyName = "OrchestratorResultAskedAgain")]
[JsonSerializable(typeof(OrchestrationEvents.VmQuarantined), TypeInfoPropertyName = "OrchestratorVmQuarantined")]
[JsonSerializable(typeof(OrchestrationEvents.QuarantineLifted), TypeInfoPropertyName = "OrchestratorQuarantineLifted")]
[JsonSerializable(typeof(OrchestrationState))]
[JsonSerializable(typeof(AllegianceEvents.Followed))]
[JsonSerializable(typeof(AllegianceEvents.Drained))]
[JsonSerializable(typeof(WarningEvents.Raised), TypeInfoPropertyName = "WarningRaised")]
[JsonSerializable(typeof(WarningEvents.Ended), TypeInfoPropertyName = "WarningEnded")]
[JsonSerializable(typeof(WarningEvents.Acknowledged), TypeInfoPropertyName = "WarningAcknowledged")]
[JsonSerializable(typeof(WarningEvents.Unacknowledged), TypeInfoPropertyName = "WarningUnacknowledged")]
[JsonSerializable(typeof(WarningState))]
[JsonSerializable(typeof(OperatorEvents.RestartAsked))]
internal sealed partial class JournalJson : JsonSerializerContext;
