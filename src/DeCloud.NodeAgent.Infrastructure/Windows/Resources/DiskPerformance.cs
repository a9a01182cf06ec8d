using System.Buffers.Binary;
using System.Globalization;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads a disk's counters from the DISK_PERFORMANCE record (winioctl.h).</summary>
internal static class DiskPerformance
{
    /// <summary>Length of the record.</summary>
    public const int Bytes = 88;

    private const int BytesRead = 0, BytesWritten = 8, IdleTime = 32, ReadCount = 40, WriteCount = 44, QueryTime = 56;

    /// <summary>The name that Windows has for a disk.</summary>
    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"PhysicalDrive{number}");

    /// <summary>Reads a record; null when it is none. Numbers of reads and writes begin anew after 2^32.</summary>
    public static DiskCounters? Parse(int number, ReadOnlySpan<byte> record)
    {
        if (record.Length < Bytes)
        {
            return null;
        }

        // Times are in units of 100 ns.
        var busy = Time(record, QueryTime) - Time(record, IdleTime);
        return new(
            NameOf(number),
            BinaryPrimitives.ReadUInt32LittleEndian(record[ReadCount..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[BytesRead..]),
            BinaryPrimitives.ReadUInt32LittleEndian(record[WriteCount..]),
            BinaryPrimitives.ReadUInt64LittleEndian(record[BytesWritten..]),
            (ulong)Math.Max(0, busy / TimeSpan.TicksPerMillisecond));
    }

    private static long Time(ReadOnlySpan<byte> record, int offset) => BinaryPrimitives.ReadInt64LittleEndian(record[offset..]);
}
