using System.Text.Json;
using System.Text.Json.Serialization;

namespace DeCloud.NodeAgent.Core.Vms;

/// <summary>The identity of a VM: a UUID that is also its libvirt domain's.</summary>
/// <param name="Value">The UUID.</param>
[JsonConverter(typeof(VmIdJson))]
public readonly record struct VmId(Guid Value) : IComparable<VmId>
{
    /// <summary>What every libvirt domain of the agent is named: <c>dc-</c> and the UUID, never a word of a tenant.</summary>
    public string DomainName => $"dc-{Value:D}";

    /// <summary>
    /// The Ethernet address of the VM's interface: 52:54 (locally administered, unicast) and the first four bytes of the UUID.
    /// </summary>
    public string MacAddress => EthernetAddress("52:54");

    /// <summary>
    /// The Ethernet address of the VM's interface on the overlay: 52:55 and the first four bytes of the UUID. The second byte differs from the other's, since libvirt replaces the first on the host's side.
    /// </summary>
    public string OverlayMacAddress => EthernetAddress("52:55");

    /// <summary>
    /// What the VM's network interface is named on the host: <see cref="InterfacePrefix"/> and the first 11 hexadecimal digits of the UUID, 15 characters, the most that Linux allows
    /// (<c>IFNAMSIZ</c> less the final zero). Known before the interface exists, so that the rules of the packet filter are there first.
    /// </summary>
    public string InterfaceName => InterfacePrefix + Value.ToString("N")[..11];

    /// <summary>What the names of the VMs' interfaces begin with.</summary>
    public const string InterfacePrefix = "dcvm";

    /// <summary>What the VM's interface on the overlay is named on the host: <see cref="OverlayInterfacePrefix"/> and the first 11 hexadecimal digits of the UUID.</summary>
    public string OverlayInterfaceName => OverlayInterfacePrefix + Value.ToString("N")[..11];

    /// <summary>What the names of the VMs' interfaces on the overlay begin with.</summary>
    public const string OverlayInterfacePrefix = "dcov";

    /// <summary>A new identity.</summary>
    public static VmId New() => new(Guid.NewGuid());

    private string EthernetAddress(string maker)
    {
        Span<byte> bytes = stackalloc byte[16];
        Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return $"{maker}:{bytes[0]:x2}:{bytes[1]:x2}:{bytes[2]:x2}:{bytes[3]:x2}";
    }

    /// <inheritdoc/>
    public int CompareTo(VmId other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString("D");

    /// <summary>Orders by UUID.</summary>
    public static bool operator <(VmId left, VmId right) => left.CompareTo(right) < 0;

    /// <summary>Orders by UUID.</summary>
    public static bool operator >(VmId left, VmId right) => left.CompareTo(right) > 0;

    /// <summary>Orders by UUID.</summary>
    public static bool operator <=(VmId left, VmId right) => left.CompareTo(right) <= 0;

    /// <summary>Orders by UUID.</summary>
    public static bool operator >=(VmId left, VmId right) => left.CompareTo(right) >= 0;
}

/// <summary>Writes a <see cref="VmId"/> as the UUID's text.</summary>
public sealed class VmIdJson : JsonConverter<VmId>
{
    /// <inheritdoc/>
    public override VmId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetGuid());

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, VmId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    /// <inheritdoc/>
    public override VmId ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(Guid.Parse(reader.GetString()!));

    /// <inheritdoc/>
    public override void WriteAsPropertyName(Utf8JsonWriter writer, VmId value, JsonSerializerOptions options) => writer.WritePropertyName(value.ToString());
}
