using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>What of a machine can be given to VMs.</summary>
public static class CapacityOf
{
    /// <summary>What a machine has to give.</summary>
    /// <param name="machine">What it is made of.</param>
    public static HostCapacity Host(NodeResources machine)
    {
        ArgumentNullException.ThrowIfNull(machine);
        return new(
            Math.Max(1, machine.Cpu.Threads),
            machine.Memory.TotalBytes,

            // One whose size is not known has nothing to give.
            [.. machine.Storage.FileSystems.Where(f => f.HoldsVms || f.HoldsImages).Select(f => new FileSystemCapacity(f.MountPoint, f.TotalBytes ?? 0, f.AvailableBytes ?? 0, f.HoldsVms, f.HoldsImages))],
            [.. machine.Gpus.Items.Where(g => g is { IsAssignable: true, IommuGroup.IsWhole: true }).Select(Gpu)]);
    }

    private static GpuCapacity Gpu(GpuResource gpu) => new(
        gpu.Address,
        string.Join(' ', new[] { gpu.Vendor ?? gpu.VendorId, gpu.Model ?? gpu.DeviceId }),
        gpu.MemoryBytes,
        [.. gpu.IommuGroup!.Functions.Where(f => !f.IsBridge).Select(f => f.Address).OrderBy(a => a == gpu.Address ? 0 : 1).ThenBy(a => a, StringComparer.Ordinal)]);
}
