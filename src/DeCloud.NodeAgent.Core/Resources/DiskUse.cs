using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>Looks at what VMs and images take on disk.</summary>
public interface IDiskUse
{
    /// <summary>Measures the folders and what is free beside them, as near to one moment as can be had.</summary>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="IOException">A folder can't be read.</exception>
    Task<DiskUse> MeasureAsync(CancellationToken cancellation);
}

/// <summary>What VMs and images take on disk. Bytes are allocated ones: a sparse file counts by what is written.</summary>
/// <param name="VmBytes">What the VMs' files take.</param>
/// <param name="VmFreeBytes">What an ordinary user could still write beside them.</param>
/// <param name="ImageBytes">What the image cache takes, downloads in flight included.</param>
/// <param name="ImageFreeBytes">What an ordinary user could still write beside it.</param>
public sealed record DiskUse(long VmBytes, long VmFreeBytes, long ImageBytes, long ImageFreeBytes)
{
    /// <summary>The capacity with what was measured, which counts free and own bytes together, in place of what was found at another time.</summary>
    /// <param name="host">What the host has.</param>
    public HostCapacity ApplyTo(HostCapacity host) => host with
    {
        FileSystems =
        [
            .. host.FileSystems.Select(f => f with
            {
                FreeBytes = f.HoldsVms ? VmFreeBytes : f.HoldsImages ? ImageFreeBytes : f.FreeBytes,
                OwnBytes = (f.HoldsVms ? VmBytes : 0) + (f.HoldsImages ? ImageBytes : 0),
            }),
        ],
    };
}
