using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads what a Linux machine is made of, from /proc and /sys.</summary>
/// <param name="tree">The machine's files.</param>
/// <param name="calls">What no file tells.</param>
/// <param name="folders">Where VMs and images lie.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of defects in the reading itself.</param>
internal sealed partial class LinuxInventory(HostTree tree, ILinuxCalls calls, ResourceFolders folders, TimeProvider time, ILogger<LinuxInventory> log) : IHostInventory
{
    /// <inheritdoc/>
    public Task<NodeResources> ReadAsync(CancellationToken cancellation) => Task.Run(() => ReadAllAsync(cancellation), cancellation);

    /// <inheritdoc/>
    public Task<string> FingerprintAsync(CancellationToken cancellation) => Task.Run(Fingerprint, cancellation);

    private async Task<NodeResources> ReadAllAsync(CancellationToken cancellation)
    {
        var gaps = new List<string>();
        var info = new CpuInfo(tree);
        return new()
        {
            ReadAt = time.GetUtcNow(),
            Host = Part("the machine", gaps, () => HostReader.Read(tree, calls, info.Flags.Contains("hypervisor")), new()),
            Cpu = Part("the processors", gaps, () => CpuReader.Read(tree, calls, info), NoCpu()),
            Memory = Bounded(Part("the memory", gaps, () => MemoryReader.Read(tree), new() { TotalBytes = 0, HugePages = [], NumaNodes = [] }), gaps),
            Storage = await PartAsync("the storage", gaps, () => new StorageReader(tree, calls, folders.Vms, folders.Images).ReadAsync(gaps, cancellation), new([], [])).ConfigureAwait(false),
            Network = Part("the network", gaps, () => NetworkReader.Read(tree, calls), new([], [])),
            Gpus = await PartAsync("the GPUs", gaps, () => GpuReader.ReadAsync(tree, calls, gaps, cancellation), new([], null)).ConfigureAwait(false),
            Gaps = gaps,
        };
    }

    private static CpuResource NoCpu() => new() { Threads = Environment.ProcessorCount, Flags = [], Virtualization = new(null, null, null), Iommu = new(false, null, 0), NumaNodes = [] };

    // In a container /proc shows all of the machine's memory, of which it may take only a part.
    private MemoryResource Bounded(MemoryResource memory, List<string> gaps)
    {
        if (memory.TotalBytes == 0)
        {
            gaps.Add("The size of the memory is not known, so no VM can be given any: /proc/meminfo could not be read.");
        }

        return HostReader.IsContainer(tree) && MemoryReader.ContainerBound(tree) is { } bound && bound < memory.TotalBytes
            ? memory with { TotalBytes = bound, AvailableBytes = memory.AvailableBytes is { } available ? Math.Min(available, bound) : null }
            : memory;
    }

    private T Part<T>(string name, List<string> gaps, Func<T> read, T nothing)
    {
        try
        {
            return read();
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
        {
            return Missing(name, gaps, nothing, unforeseen);
        }
    }

    private async Task<T> PartAsync<T>(string name, List<string> gaps, Func<Task<T>> read, T nothing)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
        {
            return Missing(name, gaps, nothing, unforeseen);
        }
    }

    private T Missing<T>(string name, List<string> gaps, T nothing, Exception unforeseen)
    {
        LogMissing(name, unforeseen);
        gaps.Add($"Reading {name} failed; the agent's log says why.");
        return nothing;
    }

    private string Fingerprint()
    {
        var seen = new StringBuilder();
        foreach (var mount in new MountTable(tree).All)
        {
            seen.Append(CultureInfo.InvariantCulture, $"{mount.Device} {mount.MountPoint} {mount.Type} {mount.IsReadOnly}\n");
        }

        foreach (var name in tree.Names("/sys/class/net").Where(name => !NetworkReader.IsVmInterface(tree, name)))
        {
            seen.Append(CultureInfo.InvariantCulture, $"{name} {tree.Text($"/sys/class/net/{name}/operstate")} {tree.Text($"/sys/class/net/{name}/mtu")}\n");
        }

        foreach (var name in tree.Names("/sys/block").Where(BlockDevices.IsListed))
        {
            seen.Append(CultureInfo.InvariantCulture, $"{name} {tree.Text($"/sys/block/{name}/size")}\n");
        }

        foreach (var address in tree.Names("/sys/bus/pci/devices"))
        {
            seen.Append(CultureInfo.InvariantCulture, $"{address}\n");
        }

        // A GPU that changes hands changes its driver alone.
        var pci = new PciDevices(tree);
        foreach (var address in pci.Displays())
        {
            seen.Append(CultureInfo.InvariantCulture, $"{address} {pci.DriverOf(address)}\n");
        }

        seen.Append(tree.Text("/sys/devices/system/cpu/online")).Append('\n').Append(tree.Text("/proc/net/route"));
        foreach (var (name, addresses) in calls.Addresses().Where(a => !NetworkReader.IsVmInterface(tree, a.Key)).OrderBy(a => a.Key, StringComparer.Ordinal))
        {
            seen.Append(CultureInfo.InvariantCulture, $"\n{name} {string.Join(' ', addresses)}");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(seen.ToString())));
    }

    [LoggerMessage(1, LogLevel.Error, "Reading {Part} failed; the inventory goes without")]
    private partial void LogMissing(string part, Exception cause);
}
