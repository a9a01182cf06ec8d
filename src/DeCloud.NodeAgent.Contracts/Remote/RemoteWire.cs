using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DeCloud.NodeAgent.Contracts.Remote;

/// <summary>
/// How the protocol is written: JSON under short manifests with a version. A closed world: what is not listed is neither written nor read, and no name of a type crosses the wire. A member
/// may be added as long as it has a default; any other change is a new manifest beside the old one.
/// </summary>
public static class RemoteWire
{
    /// <summary>Number of the protocol's serializer, the same on both sides; never changes.</summary>
    public const int SerializerId = 4100;

    private const int MostShown = 64;

    private static readonly (string Manifest, JsonTypeInfo Type)[] Known =
    [
        ("attach.1", RemoteJson.Default.Attach),
        ("attached.1", RemoteJson.Default.Attached),
        ("refused.1", RemoteJson.Default.Refused),
        ("ack.1", RemoteJson.Default.Ack),
        ("detach.1", RemoteJson.Default.Detach),
        ("create-vm.1", RemoteJson.Default.CreateVm),
        ("start-vm.1", RemoteJson.Default.StartVm),
        ("stop-vm.1", RemoteJson.Default.StopVm),
        ("delete-vm.1", RemoteJson.Default.DeleteVm),
        ("reconcile-peers.1", RemoteJson.Default.ReconcilePeers),
        ("report.1", RemoteJson.Default.Report),
        ("drain.1", RemoteJson.Default.Drain),
        ("command-accepted.1", RemoteJson.Default.CommandAccepted),
        ("command-refused.1", RemoteJson.Default.CommandRefused),
        ("vm-event.1", RemoteJson.Default.VmEvent),
        ("heartbeat.1", RemoteJson.Default.Heartbeat),
        ("node-report.1", RemoteJson.Default.NodeReport),
    ];

    private static readonly FrozenDictionary<string, JsonTypeInfo> ByManifest = Known.ToFrozenDictionary(k => k.Manifest, k => k.Type);
    private static readonly FrozenDictionary<Type, string> ByType = Known.ToFrozenDictionary(k => k.Type.Type, k => k.Manifest);

    /// <summary>The manifests, each with its type.</summary>
    public static IReadOnlyDictionary<string, Type> Manifests { get; } = Known.ToFrozenDictionary(k => k.Manifest, k => k.Type.Type);

    /// <summary>The manifest of a message.</summary>
    /// <param name="message">The message.</param>
    /// <exception cref="NotSupportedException">Such a message is not sent.</exception>
    public static string ManifestOf(IRemoteMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return ByType.TryGetValue(message.GetType(), out var manifest) ? manifest : throw new NotSupportedException($"{message.GetType()} has no manifest.");
    }

    /// <summary>A message's bytes.</summary>
    /// <param name="message">The message.</param>
    /// <exception cref="NotSupportedException">Such a message is not sent.</exception>
    public static byte[] Write(IRemoteMessage message) => JsonSerializer.SerializeToUtf8Bytes(message, ByManifest[ManifestOf(message)]);

    /// <summary>Reads a message. Never throws for what a peer sends: what can't be understood is an <see cref="Unintelligible"/>, which can be answered.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="manifest">The manifest they came under.</param>
    public static IRemoteMessage Read(ReadOnlySpan<byte> bytes, string manifest)
    {
        if (manifest is null || !ByManifest.TryGetValue(manifest, out var type))
        {
            return new Unintelligible(Printable(manifest), "the manifest is not known");
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, type) as IRemoteMessage ?? new Unintelligible(manifest, "the message is null");
        }
        catch (JsonException e)
        {
            return new Unintelligible(manifest, $"the message is broken at {Printable(e.Path)}");
        }
    }

    private static string Printable(string? text) => string.Concat((text ?? "").Take(MostShown).Where(c => c is >= ' ' and <= '~'));
}
