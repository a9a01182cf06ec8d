using DeCloud.Libvirt.Xdr;

namespace DeCloud.Libvirt.Domains;

/// <summary>A domain on the wire (<c>struct remote_nonnull_domain</c>: name, uuid, id).</summary>
internal static class DomainWire
{
    /// <summary>The fewest bytes one takes: an empty name, a UUID, an id.</summary>
    public const int Smallest = 4 + 16 + 4;

    /// <summary>Reads one.</summary>
    public static DomainRef Read(ref XdrReader reader) => new(reader.ReadString(), reader.ReadUuid(), reader.ReadInt32());

    /// <summary>Writes one.</summary>
    public static XdrWriter Domain(this XdrWriter writer, DomainRef domain) =>
        writer.String(domain.Name).Uuid(domain.Uuid).Int32(domain.Id);
}
