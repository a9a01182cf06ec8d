using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads disks and file systems, and which of them hold VMs and images.</summary>
/// <param name="tree">The machine's files.</param>
/// <param name="calls">What no file tells.</param>
/// <param name="vmFolder">Folder of the VMs' files.</param>
/// <param name="imageFolder">Folder of the image cache.</param>
internal sealed class StorageReader(HostTree tree, ILinuxCalls calls, string vmFolder, string imageFolder)
{
    /// <summary>A server that is away hangs whoever asks for its free space.</summary>
    private static readonly TimeSpan SpaceDeadline = TimeSpan.FromSeconds(2);

    private static readonly string[] Served = ["nfs", "cifs", "smb", "ceph", "fuse.", "9p", "glusterfs", "afs", "lustre"];
    private static readonly string[] Stored = ["zfs", "btrfs", "bcachefs", "virtiofs"];

    /// <summary>Reads them.</summary>
    /// <param name="gaps">Told what could not be read.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<StorageResource> ReadAsync(ICollection<string> gaps, CancellationToken cancellation)
    {
        var mounts = new MountTable(tree);
        var devices = new BlockDevices(tree);
        var holdsVms = mounts.Of(calls.Resolve(vmFolder));
        var holdsImages = mounts.Of(calls.Resolve(imageFolder));
        var fileSystems = new List<FileSystemResource>();

        // A file system that is mounted in many places is one; the place that shows all of it, or else the shortest, stands for it.
        foreach (var same in mounts.All.Where(m => IsKept(m) || Is(m, holdsVms) || Is(m, holdsImages)).GroupBy(m => (m.Device, m.Type, m.Source)))
        {
            // In containers single files of the host's disk are mounted, which nobody would call a file system.
            if (!same.Any(m => m.Root == "/" || m.Type == "btrfs" || Is(m, holdsVms) || Is(m, holdsImages)))
            {
                continue;
            }

            var mount = same.FirstOrDefault(m => ReferenceEquals(m, holdsVms)) ?? same.FirstOrDefault(m => ReferenceEquals(m, holdsImages))
                ?? same.OrderBy(m => m.Root.Length).ThenBy(m => m.MountPoint.Length).First();
            var space = await SpaceAsync(mount, gaps, cancellation).ConfigureAwait(false);
            fileSystems.Add(new()
            {
                MountPoint = mount.MountPoint,
                Type = mount.Type,
                Source = mount.Source,
                Devices = devices.Below(mount),
                IsReadOnly = mount.IsReadOnly,
                TotalBytes = space?.TotalBytes,
                AvailableBytes = space?.AvailableBytes,
                InodesTotal = space?.InodesTotal is > 0 and var total ? total : null,
                InodesAvailable = space is { InodesTotal: > 0, InodesAvailable: var left } ? left : null,
                HoldsVms = same.Any(m => Is(m, holdsVms)),
                HoldsImages = same.Any(m => Is(m, holdsImages)),
            });
        }

        fileSystems.Sort((a, b) => string.CompareOrdinal(a.MountPoint, b.MountPoint));
        return new(devices.Read(), fileSystems);
    }

    private static bool Is(Mount mount, Mount? other) => other is not null && mount.Device == other.Device && mount.Type == other.Type && mount.Source == other.Source;

    // What has no disk below it is the kernel's own or in memory. A container's root is an overlay.
    private static bool IsKept(Mount mount) =>
        (mount.Source.StartsWith("/dev/", StringComparison.Ordinal) && mount.Type is not ("devtmpfs" or "squashfs" or "iso9660") && !mount.Source.StartsWith("/dev/loop", StringComparison.Ordinal)
            && !mount.Source.StartsWith("/dev/fuse", StringComparison.Ordinal))
        || Stored.Contains(mount.Type)
        || IsServed(mount)
        || (mount is { Type: "overlay", MountPoint: "/" });

    private static bool IsServed(Mount mount) => Served.Any(type => mount.Type.StartsWith(type, StringComparison.Ordinal)) && mount.Type is not ("fuse.gvfsd-fuse" or "fuse.portal" or "fuse.lxcfs");

    private async Task<FileSystemSpace?> SpaceAsync(Mount mount, ICollection<string> gaps, CancellationToken cancellation)
    {
        if (!IsServed(mount))
        {
            return calls.SpaceAt(mount.MountPoint);
        }

        try
        {
            return await Task.Run(() => calls.SpaceAt(mount.MountPoint), cancellation).WaitAsync(SpaceDeadline, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            gaps.Add($"The free space of {mount.MountPoint} is not known: {mount.Source} did not answer within {SpaceDeadline.TotalSeconds:0} s.");
            return null;
        }
    }
}
