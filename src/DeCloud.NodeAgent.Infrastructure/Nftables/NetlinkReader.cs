using System.Buffers.Binary;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>A message of netlink as it was received; the layout is that of <see cref="NetlinkWriter"/>.</summary>
internal readonly ref struct NetlinkMessage
{
    private const int HeaderBytes = 16;

    private NetlinkMessage(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    private ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Subsystem and kind.</summary>
    public ushort Type => BitConverter.ToUInt16(Bytes[4..]);

    /// <summary>See <see cref="NetlinkFlags"/>.</summary>
    public ushort Flags => BitConverter.ToUInt16(Bytes[6..]);

    /// <summary>The number of the request that it answers.</summary>
    public uint Sequence => BitConverter.ToUInt32(Bytes[8..]);

    /// <summary>What an error or an end says: 0, or the negative of an errno.</summary>
    public int Error => Bytes.Length >= HeaderBytes + 4 ? BitConverter.ToInt32(Bytes[HeaderBytes..]) : 0;

    /// <summary>What follows the header of nfnetlink.</summary>
    public NetlinkAttributes Attributes => new(Bytes.Length > HeaderBytes + 4 ? Bytes[(HeaderBytes + 4)..] : []);

    /// <summary>Takes the first message off what was received.</summary>
    /// <returns>False when there is none, or what is left is none.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> received, out NetlinkMessage message)
    {
        var length = received.Length >= HeaderBytes ? BitConverter.ToInt32(received) : 0;
        if (length < HeaderBytes || length > received.Length)
        {
            message = default;
            return false;
        }

        message = new(received[..length]);
        received = received[Math.Min(received.Length, (length + 3) & ~3)..];
        return true;
    }
}

/// <summary>Attributes of netlink, gone through from the first to the last.</summary>
internal ref struct NetlinkAttributes(ReadOnlySpan<byte> bytes)
{
    private const int TypeMask = 0x3fff;
    private ReadOnlySpan<byte> _left = bytes;

    /// <summary>The kind of the attribute that was reached, without the flags for nesting and byte order.</summary>
    public int Type { get; private set; }

    /// <summary>Its value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Its value as a text.</summary>
    public readonly string Text => Encoding.ASCII.GetString(Value.TrimEnd((byte)0));

    /// <summary>Its value as a number of 32 bits in network order.</summary>
    public readonly uint Number => Value.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(Value) : 0;

    /// <summary>The attributes in its value.</summary>
    public readonly NetlinkAttributes Inside => new(Value);

    /// <summary>Goes to the next attribute.</summary>
    /// <returns>False behind the last.</returns>
    public bool Next()
    {
        var length = _left.Length >= 4 ? BitConverter.ToUInt16(_left) : 0;
        if (length < 4 || length > _left.Length)
        {
            return false;
        }

        Type = BitConverter.ToUInt16(_left[2..]) & TypeMask;
        Value = _left[4..length];
        _left = _left[Math.Min(_left.Length, (length + 3) & ~3)..];
        return true;
    }

    /// <summary>The value of the first attribute of a kind; empty when there is none.</summary>
    public static ReadOnlySpan<byte> Find(NetlinkAttributes attributes, int type)
    {
        while (attributes.Next())
        {
            if (attributes.Type == type)
            {
                return attributes.Value;
            }
        }

        return [];
    }
}
