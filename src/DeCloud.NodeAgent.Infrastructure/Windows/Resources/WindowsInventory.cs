using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads what a Windows machine is made of.</summary>
/// <param name="machine">The machine.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told of defects in the reading itself.</param>
internal sealed partial class WindowsInventory(IWindowsMachine machine, TimeProvider time, ILogger<WindowsInventory> log) : IHostInventory
{
    // Disks and adapters that are present, as the services of their drivers list them.
    private static readonly string[] Present = [@"SYSTEM\CurrentControlSet\Services\disk\Enum", @"SYSTEM\CurrentControlSet\Services\stornvme\Enum", @"SYSTEM\CurrentControlSet\Services\nvlddmkm\Enum"];

    /// <inheritdoc/>
    public Task<NodeResources> ReadAsync(CancellationToken cancellation) => Task.Run(() => ReadAllAsync(cancellation), cancellation);

    /// <inheritdoc/>
    public Task<string> FingerprintAsync(CancellationToken cancellation) => Task.Run(Fingerprint, cancellation);

    private async Task<NodeResources> ReadAllAsync(CancellationToken cancellation)
    {
        var gaps = new List<string>();
        var cim = await CimAsync(gaps, cancellation).ConfigureAwait(false);
        var nvidia = GpuReader.HasNvidia(cim) ? await NvidiaAsync(gaps, cancellation).ConfigureAwait(false) : null;
        return new()
        {
            ReadAt = time.GetUtcNow(),
            Host = Part("the machine", gaps, () => HostReader.Read(machine), new()),
            Cpu = Part("the processors", gaps, () => CpuReader.Read(machine, gaps), NoCpu()),
            Memory = Part("the memory", gaps, () => MemoryReader.Read(machine, gaps), new() { TotalBytes = 0, HugePages = [], NumaNodes = [] }),
            Storage = Part("the storage", gaps, () => StorageReader.Read(machine, cim), new([], [])),
            Network = Part("the network", gaps, () => NetworkReader.Read(machine, cim), new([], [])),
            Gpus = Part("the GPUs", gaps, () => GpuReader.Read(machine, cim, nvidia), new([], null)),
            Gaps = gaps,
        };
    }

    private static CpuResource NoCpu() => new() { Threads = Environment.ProcessorCount, Flags = [], Virtualization = new(null, null, null), Iommu = new(false, null, 0), NumaNodes = [] };

    private async Task<CimReport> CimAsync(List<string> gaps, CancellationToken cancellation)
    {
        try
        {
            if (CimReport.Parse(await machine.CimAsync(cancellation).ConfigureAwait(false)) is { } report)
            {
                return report;
            }

            gaps.Add("PowerShell wrote no report, so GPUs, disks and routes are not known. Run Get-CimInstance Win32_VideoController by hand to see why.");
        }
        catch (FailureException failed)
        {
            gaps.Add(failed.Message);
        }

        return CimReport.Empty;
    }

    private async Task<NvidiaReport?> NvidiaAsync(List<string> gaps, CancellationToken cancellation)
    {
        try
        {
            // Without the program there may be a driver from Windows Update, which brings none.
            if (await machine.NvidiaAsync(cancellation).ConfigureAwait(false) is not { } text)
            {
                gaps.Add("nvidia-smi.exe is missing, so utilisation of NVIDIA's GPUs is not known. NVIDIA's own driver brings it.");
            }
            else if (NvidiaReport.Parse(text) is { } report)
            {
                return report;
            }
            else
            {
                gaps.Add("nvidia-smi.exe wrote something that is no report of its own.");
            }
        }
        catch (FailureException failed)
        {
            gaps.Add(failed.Message);
        }

        return null;
    }

    private T Part<T>(string name, List<string> gaps, Func<T> read, T nothing)
    {
        try
        {
            return read();
        }
        catch (Exception unforeseen) when (unforeseen is not OperationCanceledException)
        {
            LogMissing(name, unforeseen);
            gaps.Add($"Reading {name} failed; the agent's log says why.");
            return nothing;
        }
    }

    private string Fingerprint()
    {
        var seen = new StringBuilder();
        foreach (var drive in machine.Drives())
        {
            seen.Append(CultureInfo.InvariantCulture, $"{drive.Root} {drive.Format} {drive.TotalBytes}\n");
        }

        foreach (var @interface in machine.Interfaces())
        {
            seen.Append(CultureInfo.InvariantCulture, $"{@interface.Name} {@interface.IsUp} {@interface.Mtu} {string.Join(' ', @interface.Addresses)} {string.Join(' ', @interface.Gateways)}\n");
        }

        foreach (var key in Present)
        {
            for (var (i, count) = (0, machine.Number(key, "Count") ?? 0); i < Math.Min(count, 256); i++)
            {
                seen.Append(machine.Text(key, i.ToString(CultureInfo.InvariantCulture))).Append('\n');
            }
        }

        seen.Append(CultureInfo.InvariantCulture, $"{machine.Memory()?.Total}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(seen.ToString())));
    }

    [LoggerMessage(1, LogLevel.Error, "Reading {Part} failed; the inventory goes without")]
    private partial void LogMissing(string part, Exception cause);
}
