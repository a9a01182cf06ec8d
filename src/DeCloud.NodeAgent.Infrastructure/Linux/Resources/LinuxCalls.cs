using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using DeCloud.NodeAgent.Infrastructure.Libvirt;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Asks the kernel that this process runs on.</summary>
internal sealed partial class LinuxCalls : ILinuxCalls
{
    /// <inheritdoc/>
    public string Architecture => RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "x86_64",
        System.Runtime.InteropServices.Architecture.Arm64 => "aarch64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <inheritdoc/>
    public FileSystemSpace? SpaceAt(string path) => StatVfs(path, out var told) == 0 ? told.Space : null;

    /// <inheritdoc/>
    public string Resolve(string path)
    {
        var resolved = RealPath(path, 0);
        if (resolved == 0)
        {
            return path;
        }

        try
        {
            return Marshal.PtrToStringUTF8(resolved) ?? path;
        }
        finally
        {
            Free(resolved);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Addresses()
    {
        var addresses = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var nic in NetworkInterface.GetAllNetworkInterfaces())
        {
            // The zone that .NET writes behind a link-local address is the interface, which is known here.
            addresses[nic.Name] = [.. nic.GetIPProperties().UnicastAddresses.Select(a => $"{a.Address.ToString().Split('%')[0]}/{a.PrefixLength}")];
        }

        return addresses;
    }

    /// <inheritdoc/>
    public bool KvmOpens() => KvmProbe.DeviceOpens();

    /// <inheritdoc/>
    public Task<string?> NvidiaAsync(CancellationToken cancellation) => NvidiaSmi.ReadAsync(cancellation);

    [LibraryImport("libc", EntryPoint = "statvfs", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatVfs(string path, out RawStatVfs told);

    [LibraryImport("libc", EntryPoint = "realpath", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint RealPath(string path, nint buffer);

    [LibraryImport("libc", EntryPoint = "free")]
    private static partial void Free(nint memory);

    // struct statvfs of 64-bit glibc and musl (bits/statvfs.h): eleven unsigned longs, then spare room.
    [StructLayout(LayoutKind.Explicit, Size = 112)]
    private struct RawStatVfs
    {
        [FieldOffset(8)]
        private readonly ulong _fragmentBytes;

        [FieldOffset(16)]
        private readonly ulong _fragments;

        [FieldOffset(32)]
        private readonly ulong _available;

        [FieldOffset(40)]
        private readonly ulong _inodes;

        [FieldOffset(56)]
        private readonly ulong _inodesAvailable;

        public readonly FileSystemSpace Space => new(
            (long)(_fragments * _fragmentBytes), (long)(_available * _fragmentBytes), (long)_inodes, (long)_inodesAvailable);
    }
}
