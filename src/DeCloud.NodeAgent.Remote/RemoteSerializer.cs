using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using DeCloud.NodeAgent.Contracts.Remote;

namespace DeCloud.NodeAgent.Remote;

/// <summary>The one serializer of the wire: what <see cref="RemoteWire"/> knows, and nothing else.</summary>
/// <param name="system">The actor system.</param>
public sealed class RemoteSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => RemoteWire.SerializerId;

    /// <inheritdoc/>
    public override string Manifest(object o) => o is IRemoteMessage message ? RemoteWire.ManifestOf(message) : throw Foreign(o);

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => obj is IRemoteMessage message ? RemoteWire.Write(message) : throw Foreign(obj);

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => RemoteWire.Read(bytes, manifest);

    private static SerializationException Foreign(object? value) => new($"{value?.GetType()} is no message of the protocol.");
}
