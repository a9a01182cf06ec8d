using System.Collections.Immutable;
using System.Net;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Orchestration;

namespace DeCloud.NodeAgent.Actors.Orchestration;

/// <summary>What is reported of the host, from what the part that knows the machine has published.</summary>
/// <param name="board">Where it publishes.</param>
/// <param name="publicIp">The address at which the node is reached; empty when it is not known.</param>
/// <param name="benchmarkScore">The speed of a core.</param>
public sealed class BoardReport(ResourceBoard board, string publicIp, int benchmarkScore) : INodeReport
{
    private const double BitsPerMegabit = 1e6;

    /// <summary>The contract's number for a node that is reached directly.</summary>
    private const int NoNat = 1;

    /// <inheritdoc/>
    public HostInventory? Inventory => board.Inventory is { } resources ? Show(resources) : null;

    /// <inheritdoc/>
    public HostMetrics? Metrics => board.Snapshot is { } snapshot ? Show(snapshot) : null;

    private HostInventory Show(NodeResources resources)
    {
        var cpu = resources.Cpu;
        var memory = resources.Memory;
        var used = memory.AvailableBytes is { } available ? memory.TotalBytes - available : 0;
        return new(
            new(
                cpu.Model ?? "",
                resources.Host.Architecture ?? "",
                cpu.Cores ?? cpu.Threads,
                cpu.Threads,
                cpu.MaxFrequencyMegahertz ?? cpu.BaseFrequencyMegahertz ?? 0,
                [.. cpu.Flags],
                cpu.Virtualization.Extension is not null,
                benchmarkScore),
            new(memory.TotalBytes, memory.AvailableBytes ?? memory.TotalBytes, used),
            [.. resources.Storage.FileSystems.Where(f => f.HoldsVms || f.HoldsImages).Select(Show)],
            [.. resources.Gpus.Items.Select(Show)],
            new(publicIp, PrivateAddressOf(resources.Network), NoNat),
            cpu.Virtualization is { Extension: not null, KvmOpens: true });
    }

    private static InventoryStorage Show(FileSystemResource system)
    {
        var (total, available) = (system.TotalBytes ?? 0, system.AvailableBytes ?? 0);
        return new(system.Source, system.MountPoint, system.Type, total, available, Math.Max(0, total - available));
    }

    private static InventoryGpu Show(GpuResource gpu) =>
        new(gpu.Vendor ?? "", gpu.Model ?? "", gpu.Address, gpu.MemoryBytes ?? 0, gpu.IommuGroup is not null, gpu.IsAssignable);

    private HostMetrics Show(NodeSnapshot snapshot)
    {
        // What comes in through the bridge of the VMs has come in through a device of the host already.
        var devices = board.Inventory?.Network.Interfaces.Where(i => i.IsPhysical).Select(i => i.Name).ToImmutableHashSet() ?? [];
        var interfaces = snapshot.Interfaces.Where(i => devices.IsEmpty ? i.Name != "lo" : devices.Contains(i.Name)).ToList();
        return new(
            snapshot.Cpu?.BusyPercent ?? 0,
            snapshot.Memory is { AvailableBytes: { } available, TotalBytes: > 0 } memory ? 100.0 * (memory.TotalBytes - available) / memory.TotalBytes : 0,
            StoragePercentOf(snapshot),
            interfaces.Sum(i => i.ReceiveBytesPerSecond ?? 0) * 8 / BitsPerMegabit,
            interfaces.Sum(i => i.TransmitBytesPerSecond ?? 0) * 8 / BitsPerMegabit,
            snapshot.Load?.OneMinute ?? 0);
    }

    private double StoragePercentOf(NodeSnapshot snapshot)
    {
        var mount = board.Inventory?.Storage.FileSystems.FirstOrDefault(f => f.HoldsVms)?.MountPoint;
        var system = snapshot.FileSystems.FirstOrDefault(f => f.MountPoint == mount) ?? (snapshot.FileSystems.Count > 0 ? snapshot.FileSystems[0] : null);
        return system is { TotalBytes: > 0 } ? 100.0 * (system.TotalBytes - system.AvailableBytes) / system.TotalBytes : 0;
    }

    private static string PrivateAddressOf(NetworkResource network)
    {
        var outward = network.DefaultRoutes.OrderBy(r => r.Metric).Select(r => r.Interface).FirstOrDefault();
        return network.Interfaces.Where(i => i.Name == outward).SelectMany(i => i.Addresses)
            .Select(a => a.Split('/')[0])
            .FirstOrDefault(a => IPAddress.TryParse(a, out var ip) && ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork) ?? "";
    }
}
