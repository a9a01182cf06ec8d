using System.Collections.Frozen;
using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Serialization;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Actors.Serialization;

/// <summary>
/// Everything the journal holds, as JSON under short manifests with a version. A closed world: what is not listed is neither written nor read, and no CLR name reaches the disk.
/// A member may be added to a type as long as it has a default; any other change is a new manifest, and the old one stays readable for ever.
/// </summary>
public sealed class JournalSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    private static readonly (string Manifest, JsonTypeInfo Type)[] Known =
    [
        ("vm-created.1", JournalJson.Default.Created),
        ("vm-operation-accepted.1", JournalJson.Default.OperationAccepted),
        ("vm-intent-changed.1", JournalJson.Default.IntentChanged),
        ("vm-step-started.1", JournalJson.Default.StepStarted),
        ("vm-step-completed.1", JournalJson.Default.StepCompleted),
        ("vm-step-failed.1", JournalJson.Default.StepFailed),
        ("vm-step-abandoned.1", JournalJson.Default.StepAbandoned),
        ("vm-observed.1", JournalJson.Default.Observed),
        ("vm-crashed.1", JournalJson.Default.Crashed),
        ("vm-rebooted.1", JournalJson.Default.Rebooted),
        ("vm-operation-ended.1", JournalJson.Default.OperationEnded),
        ("vm-tombstoned.1", JournalJson.Default.Tombstoned),
        ("vm-state.1", JournalJson.Default.VmState),
        ("roster-admitted.1", JournalJson.Default.Admitted),
        ("roster-removed.1", JournalJson.Default.RosterRemoved),
        ("roster.1", JournalJson.Default.VmRoster),
        ("image-pull-accepted.1", JournalJson.Default.PullAccepted),
        ("image-pull-ended.1", JournalJson.Default.PullEnded),
        ("image-used.1", JournalJson.Default.Used),
        ("image-removed.1", JournalJson.Default.ImageRemoved),
        ("image-cache.1", JournalJson.Default.ImageCacheState),
        ("overlay-key-rotated.1", JournalJson.Default.KeyRotated),
        ("overlay-peer-set.1", JournalJson.Default.PeerSet),
        ("overlay-peer-removed.1", JournalJson.Default.PeerRemoved),
        ("overlay.1", JournalJson.Default.OverlayState),
        ("port-allocated.1", JournalJson.Default.PortAllocated),
        ("port-removed.1", JournalJson.Default.PortRemoved),
        ("ports-freed.1", JournalJson.Default.PortsFreed),
        ("ports-pointed.1", JournalJson.Default.PortsPointed),
        ("ports.1", JournalJson.Default.PortTable),
        ("orchestrator-registered.1", JournalJson.Default.OrchestratorRegistered),
        ("orchestrator-login-wished.1", JournalJson.Default.OrchestratorLoginWished),
        ("orchestrator-command-received.1", JournalJson.Default.OrchestratorCommandReceived),
        ("orchestrator-command-started.1", JournalJson.Default.OrchestratorCommandStarted),
        ("orchestrator-command-finished.1", JournalJson.Default.OrchestratorCommandFinished),
        ("orchestrator-result-delivered.1", JournalJson.Default.OrchestratorResultDelivered),
        ("orchestrator-result-asked-again.1", JournalJson.Default.OrchestratorResultAskedAgain),
        ("orchestrator-vm-quarantined.1", JournalJson.Default.OrchestratorVmQuarantined),
        ("orchestrator-quarantine-lifted.1", JournalJson.Default.OrchestratorQuarantineLifted),
        ("orchestrator.1", JournalJson.Default.OrchestrationState),
        ("remote-followed.1", JournalJson.Default.Followed),
        ("remote-drained.1", JournalJson.Default.Drained),
        ("warning-raised.1", JournalJson.Default.WarningRaised),
        ("warning-ended.1", JournalJson.Default.WarningEnded),
        ("warning-acknowledged.1", JournalJson.Default.WarningAcknowledged),
        ("warning-unacknowledged.1", JournalJson.Default.WarningUnacknowledged),
        ("warnings.1", JournalJson.Default.WarningState),
        ("operator-restart-asked.1", JournalJson.Default.RestartAsked),
    ];

    private static readonly FrozenDictionary<string, JsonTypeInfo> ByManifest = Known.ToFrozenDictionary(k => k.Manifest, k => k.Type);
    private static readonly FrozenDictionary<Type, string> ByType = Known.ToFrozenDictionary(k => k.Type.Type, k => k.Manifest);

    /// <summary>The types that are bound to this serializer.</summary>
    public static IEnumerable<Type> BoundTypes => Known.Select(k => k.Type.Type);

    /// <summary>The manifests it reads, each with its type.</summary>
    public static IReadOnlyDictionary<string, Type> Manifests => ByManifest.ToDictionary(k => k.Key, k => k.Value.Type);

    /// <summary>Never changes: rows of the journal name the serializer by it.</summary>
    public const int Number = 4001;

    /// <inheritdoc/>
    public override int Identifier => Number;

    /// <inheritdoc/>
    public override string Manifest(object o) =>
        ByType.TryGetValue(o.GetType(), out var manifest) ? manifest : throw new SerializationException($"{o.GetType()} has no manifest.");

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, ByManifest[Manifest(obj)]);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => Read(bytes, manifest);

    /// <summary>What a row of the journal holds of an event or a snapshot.</summary>
    /// <param name="serialization">Where types are bound to serializers.</param>
    /// <param name="value">The event or the snapshot.</param>
    /// <exception cref="SerializationException">Its type is bound to no serializer, or to another, whose rows the readers of the journal would not understand.</exception>
    public static (byte[] Message, string Manifest) Write(Akka.Serialization.Serialization serialization, object value)
    {
        ArgumentNullException.ThrowIfNull(serialization);
        ArgumentNullException.ThrowIfNull(value);
        return serialization.FindSerializerFor(value) is JournalSerializer ours
            ? (ours.ToBinary(value), ours.Manifest(value))
            : throw new SerializationException($"{value.GetType()} is no type of the journal.");
    }

    /// <summary>Reads one row of the journal.</summary>
    /// <param name="bytes">The row's message.</param>
    /// <param name="manifest">The row's manifest.</param>
    /// <exception cref="SerializationException">The manifest is not known: the journal was written by a later version.</exception>
    public static object Read(ReadOnlySpan<byte> bytes, string manifest) => ByManifest.TryGetValue(manifest, out var type)
        ? JsonSerializer.Deserialize(bytes, type)!
        : throw new SerializationException($"The journal holds '{manifest}', which this version does not know. Run the version that wrote it, or a later one.");
}
