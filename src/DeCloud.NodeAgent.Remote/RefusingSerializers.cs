using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace DeCloud.NodeAgent.Remote;

/// <summary>
/// Takes the place of a serializer of Akka under its number, and does nothing. A peer names the serializer of a message by number, so one that is merely bound to no type can still be reached.
/// Has manifests of its own kind, because for others Akka looks up the type that the peer names before the serializer is asked.
/// </summary>
/// <param name="system">The actor system.</param>
/// <param name="identifier">The number.</param>
/// <param name="what">What it would have read and written, for messages.</param>
public abstract class RefusingSerializer(ExtendedActorSystem system, int identifier, string what) : SerializerWithStringManifest(system)
{
    /// <inheritdoc/>
    public override int Identifier => identifier;

    /// <inheritdoc/>
    public override string Manifest(object o) => "";

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj?.GetType().Name} does not leave this system: {what} are switched off.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest) => throw new SerializationException($"A peer sent one of {what}, which are switched off.");
}

/// <summary>Instead of Newtonsoft's JSON (1), which builds whatever type it is told the name of.</summary>
public sealed class NoTypedJson : RefusingSerializer
{
    /// <summary>Made by Akka.</summary>
    /// <param name="system">The actor system.</param>
    public NoTypedJson(ExtendedActorSystem system)
        : base(system, 1, "objects by the name of their type")
    {
    }

    /// <summary>Made by Akka, because the serializer it replaces has settings.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">Not used.</param>
    public NoTypedJson(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;
}

/// <summary>Instead of Protobuf messages by type name (2).</summary>
/// <param name="system">The actor system.</param>
public sealed class NoProtobuf(ExtendedActorSystem system) : RefusingSerializer(system, 2, "Protobuf messages");

/// <summary>Instead of orders to start an actor here (3).</summary>
/// <param name="system">The actor system.</param>
public sealed class NoDeployment(ExtendedActorSystem system) : RefusingSerializer(system, 3, "deployments");

/// <summary>Instead of bare bytes (4).</summary>
/// <param name="system">The actor system.</param>
public sealed class NoBytes(ExtendedActorSystem system) : RefusingSerializer(system, 4, "bare bytes");

/// <summary>Instead of messages to a selection of paths (6).</summary>
/// <param name="system">The actor system.</param>
public sealed class NoSelections(ExtendedActorSystem system) : RefusingSerializer(system, 6, "selections");

/// <summary>Instead of Akka's own messages (16): Kill, PoisonPill, routers, and failures that are rebuilt by the name of an exception's type.</summary>
/// <param name="system">The actor system.</param>
public sealed class NoAkkaMessages(ExtendedActorSystem system) : RefusingSerializer(system, 16, "messages of Akka itself");

/// <summary>Instead of numbers and texts (17).</summary>
/// <param name="system">The actor system.</param>
public sealed class NoPrimitives(ExtendedActorSystem system) : RefusingSerializer(system, 17, "numbers and texts")
{
    /// <summary>Made by Akka, because the serializer it replaces has settings.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">Not used.</param>
    public NoPrimitives(ExtendedActorSystem system, Config settings)
        : this(system) => _ = settings;
}

/// <summary>Instead of system messages (22): watch, suspend, restart and stop.</summary>
/// <param name="system">The actor system.</param>
public sealed class NoSystemMessages(ExtendedActorSystem system) : RefusingSerializer(system, 22, "system messages");
