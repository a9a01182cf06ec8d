using System.Buffers.Binary;

namespace DeCloud.NodeAgent.Infrastructure.Seed;

/// <summary>Numbers as ISO 9660 has them: in both byte orders, little-endian first (ECMA-119 7.2.3 and 7.3.3).</summary>
internal static class IsoField
{
    /// <summary>Four bytes of 16 bits.</summary>
    /// <param name="field">Where.</param>
    /// <param name="value">The number.</param>
    public static void Both16(Span<byte> field, short value)
    {
        BinaryPrimitives.WriteInt16LittleEndian(field, value);
        BinaryPrimitives.WriteInt16BigEndian(field[2..], value);
    }

    /// <summary>Eight bytes of 32 bits.</summary>
    /// <param name="field">Where.</param>
    /// <param name="value">The number.</param>
    public static void Both32(Span<byte> field, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(field, value);
        BinaryPrimitives.WriteInt32BigEndian(field[4..], value);
    }

    /// <summary>Seven bytes of date: 1 January 2000, midnight, UTC (ECMA-119 9.1.5).</summary>
    /// <param name="field">Where.</param>
    public static void Date(Span<byte> field)
    {
        ReadOnlySpan<byte> date = [100, 1, 1, 0, 0, 0, 0];
        date.CopyTo(field);
    }
}
