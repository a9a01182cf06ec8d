using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Networks;

/// <summary>A network on the wire (<c>struct remote_nonnull_network</c>: name, uuid).</summary>
internal static class NetworkWire
{
    /// <summary>The fewest bytes one takes: an empty name and a UUID.</summary>
    public const int Smallest = 4 + 16;

    /// <summary>Reads one.</summary>
    public static NetworkRef Read(ref XdrReader reader) => new(reader.ReadString(), reader.ReadUuid());

    /// <summary>Writes one.</summary>
    public static XdrWriter Network(this XdrWriter writer, NetworkRef network) => writer.String(network.Name).Uuid(network.Uuid);
}
