using System.Runtime.Versioning;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>What two folders take: files of a VM that is being removed meanwhile may be counted or not; links are not followed.</summary>
/// <param name="vms">Folder of the VMs' files; absolute.</param>
/// <param name="images">Folder of the image cache; absolute.</param>
[SupportedOSPlatform("linux")]
internal sealed class FolderUse(string vms, string images) : IDiskUse
{
    private static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = 0,
        IgnoreInaccessible = true,
        MaxRecursionDepth = 4,
    };

    /// <inheritdoc/>
    public Task<DiskUse> MeasureAsync(CancellationToken cancellation) => Task.Run(
        () =>
        {
            // Counted before it is asked what is free: what is written in between is then missing from both, and too little is offered for a while rather than too much.
            var (vmBytes, imageBytes) = (Allocated(vms, cancellation), Allocated(images, cancellation));
            return new DiskUse(vmBytes, Free(vms), imageBytes, Free(images));
        },
        cancellation);

    private static long Allocated(string folder, CancellationToken cancellation)
    {
        var sum = 0L;
        if (!Directory.Exists(folder))
        {
            return 0;
        }

        foreach (var path in Directory.EnumerateFiles(folder, "*", Everything))
        {
            cancellation.ThrowIfCancellationRequested();
            sum += Posix.Look(path)?.AllocatedBytes ?? 0;
        }

        return sum;
    }

    /// <summary>A folder that is not made yet will be on the file system of the nearest one that is.</summary>
    private static long Free(string folder)
    {
        var there = folder;
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } parent)
        {
            there = parent;
        }

        return new DriveInfo(there).AvailableFreeSpace;
    }
}
