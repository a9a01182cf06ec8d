using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;

namespace DeCloud.NodeAgent.Actors.Serialization;

/// <summary>
/// Stands in for Akka's default serializer, under its identifier 1: that one writes the names of CLR types and builds whatever type a peer or a journal names.
/// </summary>
public sealed class RefusingSerializer : Serializer
{
    /// <summary>Made by Akka.</summary>
    /// <param name="system">The actor system.</param>
    public RefusingSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <summary>Made by Akka where the serializer has settings of its own.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">Not used.</param>
    public RefusingSerializer(ExtendedActorSystem system, Config settings)
        : this(system)
    {
        _ = settings;
    }

    /// <inheritdoc/>
    public override int Identifier => 1;

    /// <inheritdoc/>
    public override bool IncludeManifest => false;

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj) => throw new SerializationException($"{obj?.GetType()} is bound to no serializer.");

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, Type type) => throw new SerializationException("Serializer 1 is switched off.");
}
