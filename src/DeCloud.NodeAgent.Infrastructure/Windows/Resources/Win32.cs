using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>What .NET does not ask of Windows.</summary>
[SupportedOSPlatform("windows")]
internal static partial class Win32
{
    private const int RelationAll = 0xffff;
    private const uint ShareReadWrite = 3, OpenExisting = 3, DiskPerformanceCode = 0x70020;

    /// <summary>The records of every relationship of the processors; empty when Windows does not tell.</summary>
    public static byte[] ProcessorRecords()
    {
        var length = 0;
        GetLogicalProcessorInformationEx(RelationAll, null, ref length);
        var records = new byte[Math.Max(length, 0)];
        return length > 0 && GetLogicalProcessorInformationEx(RelationAll, records, ref length) ? records[..length] : [];
    }

    /// <summary>The memory; null when Windows does not tell.</summary>
    public static MemoryStatus? Memory()
    {
        var status = new MemoryStatusEx { Length = Marshal.SizeOf<MemoryStatusEx>() };
        return GlobalMemoryStatusEx(ref status)
            ? new((long)status.TotalPhysical, (long)status.AvailablePhysical, (long)status.TotalPageFile, (long)status.AvailablePageFile)
            : null;
    }

    /// <summary>Where the processors' time went, in units of 100 ns: nothing, the kernel with that nothing in it, programs. Null when Windows does not tell.</summary>
    public static (ulong Idle, ulong Kernel, ulong User)? SystemTimes() => GetSystemTimes(out var idle, out var kernel, out var user) ? (idle, kernel, user) : null;

    /// <summary>A disk's counters (DISK_PERFORMANCE); empty when it keeps none. The disk is opened for neither reading nor writing, which every user may.</summary>
    /// <param name="number">The disk's number.</param>
    public static byte[] DiskPerformance(int number)
    {
        using var disk = CreateFile($@"\\.\PhysicalDrive{number}", 0, ShareReadWrite, 0, OpenExisting, 0, 0);
        var counters = new byte[Resources.DiskPerformance.Bytes];
        return !disk.IsInvalid && DeviceIoControl(disk, DiskPerformanceCode, 0, 0, counters, counters.Length, out var length, 0) ? counters[..length] : [];
    }

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetLogicalProcessorInformationEx(int relationship, [Out] byte[]? buffer, ref int length);

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GlobalMemoryStatusEx(ref MemoryStatusEx status);

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetSystemTimes(out ulong idle, out ulong kernel, out ulong user);

    [LibraryImport("kernel32.dll", EntryPoint = "CreateFileW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    private static partial SafeFileHandle CreateFile(string name, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DeviceIoControl(SafeFileHandle device, uint code, nint input, int inputLength, [Out] byte[] output, int outputLength, out int returned, nint overlapped);

    [StructLayout(LayoutKind.Sequential)]
    private struct MemoryStatusEx
    {
        public int Length;
        public uint Load;
        public ulong TotalPhysical;
        public ulong AvailablePhysical;
        public ulong TotalPageFile;
        public ulong AvailablePageFile;
        public ulong TotalVirtual;
        public ulong AvailableVirtual;
        public ulong AvailableExtendedVirtual;
    }
}
