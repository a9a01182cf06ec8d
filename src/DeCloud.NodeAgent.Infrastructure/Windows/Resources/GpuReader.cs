using System.Globalization;
using System.Text.RegularExpressions;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Infrastructure.Linux.Resources;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads the GPUs: CIM tells which display controllers are present, the registry where they are and how much memory they have.</summary>
internal static partial class GpuReader
{
    private const string Devices = @"SYSTEM\CurrentControlSet\Enum\";
    private const string Classes = @"SYSTEM\CurrentControlSet\Control\Class\";

    /// <summary>Whether there is a GPU that NVIDIA's program can tell of.</summary>
    public static bool HasNvidia(CimReport cim) => cim.Video.Any(v => v.DeviceId?.Contains("VEN_10DE", StringComparison.OrdinalIgnoreCase) == true);

    /// <summary>Joins what each source knows.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="cim">What is present.</param>
    /// <param name="nvidia">What NVIDIA's program tells.</param>
    public static GpusResource Read(IWindowsMachine machine, CimReport cim, NvidiaReport? nvidia) => new(
        [.. cim.Video.Select(v => Gpu(machine, v, nvidia)).OfType<GpuResource>().DistinctBy(g => g.Address).OrderBy(g => g.Address, StringComparer.Ordinal)],
        nvidia?.DriverVersion);

    // What is no PCI function (a remote desktop's screen, a USB adapter) is no GPU.
    private static GpuResource? Gpu(IWindowsMachine machine, CimVideo video, NvidiaReport? report)
    {
        if (video.DeviceId is not { } device || PciId().Match(device) is not { Success: true } id || AddressOf(machine.Text(Devices + device, "LocationInformation")) is not { } address)
        {
            return null;
        }

        var driver = machine.Text(Devices + device, "Driver") is { } key ? Classes + key : null;
        var nvidia = report?.Gpus.GetValueOrDefault(address);
        return new()
        {
            Address = address,
            Class = "vga",
            VendorId = id.Groups[1].Value.ToLowerInvariant(),
            DeviceId = id.Groups[2].Value.ToLowerInvariant(),
            Vendor = video.Maker,
            Model = video.Name,
            Driver = driver is null ? null : machine.Text(Devices + device, "Service"),
            // CIM's own number ends at 4 GiB.
            MemoryBytes = nvidia?.MemoryTotalBytes ?? (driver is null ? null : machine.Number(driver, "HardwareInformation.qwMemorySize")),
            IsAssignable = false,
            NotAssignableReason = "VMs run on Linux only.",
            Nvidia = nvidia,
        };
    }

    // "@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(1,0,0)": the numbers in the last brackets; the bus has the segment in its upper bits.
    private static string? AddressOf(string? location) =>
        location is not null && Location().Match(location) is { Success: true } match
        && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var bus) && bus < 1 << 24
        && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var slot) && slot < 32
        && int.TryParse(match.Groups[3].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var function) && function < 8
            ? string.Create(CultureInfo.InvariantCulture, $"{bus >> 8:x4}:{bus & 0xff:x2}:{slot:x2}.{function}")
            : null;

    [GeneratedRegex(@"^PCI\\VEN_([0-9A-F]{4})&DEV_([0-9A-F]{4})", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PciId();

    [GeneratedRegex(@"\((\d{1,9}),(\d{1,9}),(\d{1,9})\)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Location();
}
