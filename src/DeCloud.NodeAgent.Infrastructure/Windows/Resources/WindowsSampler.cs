using System.Collections.Immutable;
using System.Net.NetworkInformation;
using System.Runtime.Versioning;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads the counters of a running Windows machine. It has no load average and no pressure stall information, and runs no VMs.</summary>
/// <param name="stateFolder">Where the agent keeps its state; the drive's free space is told.</param>
/// <param name="time">The clock.</param>
[SupportedOSPlatform("windows")]
internal sealed class WindowsSampler(string stateFolder, TimeProvider time) : IHostSampler
{
    /// <summary>Looking for disks and interfaces costs more than asking them, so new ones are noticed after this long.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(30);

    private const string DiskList = @"SYSTEM\CurrentControlSet\Services\disk\Enum";
    private const int MostDisks = 256;

    private readonly WindowsMachine _machine = new(time);
    private readonly long _start = time.GetTimestamp();

    // A folder of a file server has no drive, and whoever asks for its space may wait for minutes.
    private readonly DriveInfo? _drive = Path.GetPathRoot(stateFolder) is [_, ':', ..] and var root ? new(root) : null;
    private ImmutableArray<NetworkInterface> _interfaces = [];
    private ImmutableArray<int> _disks = [];
    private TimeSpan? _lookedAt;

    /// <inheritdoc/>
    public Task<HostSample> SampleAsync(IReadOnlyCollection<Guid> running, CancellationToken cancellation) => Task.Run(Sample, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private HostSample Sample()
    {
        var at = time.GetElapsedTime(_start);
        if (_lookedAt is not { } looked || at - looked > LookAgain)
        {
            _interfaces = [.. NetworkInterface.GetAllNetworkInterfaces().Where(i => i.OperationalStatus == OperationalStatus.Up)];
            _disks = [.. Enumerable.Range(0, (int)Math.Min(_machine.Number(DiskList, "Count") ?? 0, MostDisks))];
            _lookedAt = at;
        }

        return new()
        {
            At = at,
            Threads = Environment.ProcessorCount,
            // The kernel's time has the idle time in it.
            Cpu = Win32.SystemTimes() is var (idle, kernel, user) ? new(user, 0, kernel > idle ? kernel - idle : 0, idle, 0, 0, 0, 0, 0, 0) : null,
            Memory = Win32.Memory() is { } memory ? MemoryReader.Usage(memory) : null,
            Disks = [.. _disks.Select(number => DiskPerformance.Parse(number, Win32.DiskPerformance(number))).OfType<DiskCounters>()],
            Interfaces = [.. _interfaces.Select(Counters).OfType<InterfaceCounters>()],
            FileSystems = Space() is { } space ? [space] : [],
        };
    }

    private FileSystemUsageResource? Space()
    {
        try
        {
            return _drive is null ? null : new(_drive.Name, _drive.TotalSize, _drive.AvailableFreeSpace, null, null);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // Taken out; the journal complains by itself.
            return null;
        }
    }

    private static InterfaceCounters? Counters(NetworkInterface @interface)
    {
        try
        {
            var counted = @interface.GetIPStatistics();
            return new(
                @interface.Name,
                (ulong)counted.BytesReceived,
                (ulong)counted.BytesSent,
                (ulong)(counted.UnicastPacketsReceived + counted.NonUnicastPacketsReceived),
                (ulong)(counted.UnicastPacketsSent + counted.NonUnicastPacketsSent),
                (ulong)(counted.IncomingPacketsWithErrors + counted.OutgoingPacketsWithErrors),
                (ulong)(counted.IncomingPacketsDiscarded + counted.OutgoingPacketsDiscarded));
        }
        catch (NetworkInformationException)
        {
            // Gone since it was looked for.
            return null;
        }
    }
}
