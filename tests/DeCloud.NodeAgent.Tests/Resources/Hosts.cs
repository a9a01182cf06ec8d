using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Tests.Resources;

/// <summary>Machines that tests agree on.</summary>
internal static class Hosts
{
    public const long MiB = 1L << 20;
    public const long GiB = 1L << 30;

    /// <summary>Two GPUs of their own groups, and two that share one.</summary>
    public static readonly ImmutableArray<GpuCapacity> Gpus =
    [
        Gpu("0000:01:00.0", "0000:01:00.1"),
        Gpu("0000:02:00.0", "0000:02:00.1"),
        Gpu("0000:03:00.0", "0000:03:00.1", "0000:04:00.0"),
        Gpu("0000:04:00.0", "0000:03:00.0", "0000:03:00.1"),
    ];

    /// <summary>Room for every VM of any test.</summary>
    public static readonly HostCapacity Large = new(256, 4096 * GiB, [Disk("/", 65536 * GiB)], Gpus);

    /// <summary>Four threads, 8 GiB of memory, a disk of 100 GiB of which others take 20, one GPU.</summary>
    public static readonly HostCapacity Small = new(4, 8 * GiB, [Disk("/", 100 * GiB) with { FreeBytes = 80 * GiB }], [Gpus[0]]);

    public static FileSystemCapacity Disk(string mountPoint, long bytes) => new(mountPoint, bytes, bytes, HoldsVms: true, HoldsImages: true);

    private static GpuCapacity Gpu(string address, params string[] others) => new(address, "A GPU", 24 * GiB, [address, .. others]);
}
