using System.Text.Json;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Infrastructure.Seed;

/// <summary>
/// The seed that cloud-init's NoCloud source finds by the label <c>cidata</c>. What is ours is JSON, which is YAML as well and cannot be broken out of; what is the
/// tenant's goes on it byte for byte and is never read. With user data of the tenant our own cloud-config is the vendor data, which the tenant's overrides; without,
/// it is the user data. The SSH key is in the metadata too, where cloud-init takes it for the image's default user whatever the user data says.
/// </summary>
internal static class NoCloudSeed
{
    private const string Label = "cidata";

    /// <summary>Writes the seed.</summary>
    /// <param name="content">What cloud-init shall find.</param>
    /// <param name="userData">The tenant's user data; null when there is none.</param>
    /// <returns>The image. The same content gives the same bytes.</returns>
    public static byte[] Write(SeedContent content, ReadOnlyMemory<byte>? userData)
    {
        var ours = CloudConfig(content);
        List<IsoFile> files =
        [
            new("meta-data", "META_DAT.A", MetaData(content)),
            new("network-config", "NETWORK_.CON", NetworkConfig(content)),
            new("user-data", "USER_DAT.A", userData ?? ours),
        ];
        if (userData is not null)
        {
            files.Add(new("vendor-data", "VENDOR_D.A", ours));
        }

        return Iso9660.Write(Label, files);
    }

    private static byte[] MetaData(SeedContent content) => Json(writer =>
    {
        writer.WriteString("instance-id", content.InstanceId);
        writer.WriteString("local-hostname", content.HostName);
        if (content.SshPublicKey.Length > 0)
        {
            writer.WriteStartArray("public-keys");
            writer.WriteStringValue(content.SshPublicKey);
            writer.WriteEndArray();
        }
    });

    // The name is set as well: some of cloud-init's renderers match by name and address together, and no image's own name for the interface is known here.
    private static byte[] NetworkConfig(SeedContent content) => Json(writer =>
    {
        writer.WriteNumber("version", 2);
        writer.WriteStartObject("ethernets");
        writer.WriteStartObject("eth0");
        writer.WriteStartObject("match");
        writer.WriteString("macaddress", content.MacAddress);
        writer.WriteEndObject();
        writer.WriteString("set-name", "eth0");
        writer.WriteBoolean("dhcp4", true);
        writer.WriteEndObject();
        if (content.Overlay is { } overlay)
        {
            WriteOverlay(writer, overlay);
        }

        writer.WriteEndObject();
    });

    // No default route and no name servers: what is not in the overlay goes by the first interface.
    private static void WriteOverlay(Utf8JsonWriter writer, SeedOverlay overlay)
    {
        writer.WriteStartObject("eth1");
        writer.WriteStartObject("match");
        writer.WriteString("macaddress", overlay.MacAddress);
        writer.WriteEndObject();
        writer.WriteString("set-name", "eth1");
        writer.WriteBoolean("dhcp4", false);
        writer.WriteStartArray("addresses");
        writer.WriteStringValue(overlay.Address.ToString());
        writer.WriteEndArray();
        writer.WriteNumber("mtu", overlay.Mtu);
        writer.WriteStartArray("routes");
        writer.WriteStartObject();
        writer.WriteString("to", overlay.Network.ToString());
        writer.WriteString("via", overlay.Gateway.ToString());
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static byte[] CloudConfig(SeedContent content) =>
    [
        .. "#cloud-config\n"u8,
        .. Json(writer =>
        {
            if (content.SshPublicKey.Length > 0)
            {
                writer.WriteStartArray("ssh_authorized_keys");
                writer.WriteStringValue(content.SshPublicKey);
                writer.WriteEndArray();
            }
        }),
    ];

    private static byte[] Json(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }
}
