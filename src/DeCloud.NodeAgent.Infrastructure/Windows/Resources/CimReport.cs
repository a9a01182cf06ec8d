using System.Globalization;
using System.Text.Json;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>What <see cref="CimQuery"/> brought. A class or property that Windows left out is absent here too.</summary>
/// <param name="Video">Display controllers that are present.</param>
/// <param name="Disks">Whole disks.</param>
/// <param name="Partitions">Partitions that have a drive letter.</param>
/// <param name="Routes">Default routes.</param>
internal sealed record CimReport(IReadOnlyList<CimVideo> Video, IReadOnlyList<CimDisk> Disks, IReadOnlyList<CimPartition> Partitions, IReadOnlyList<CimRoute> Routes)
{
    /// <summary>Nothing.</summary>
    public static CimReport Empty { get; } = new([], [], [], []);

    /// <summary>Reads a report.</summary>
    /// <returns>Null when it is none.</returns>
    public static CimReport? Parse(string json)
    {
        try
        {
            // PowerShell 5 writes a byte order mark to some pipes.
            using var document = JsonDocument.Parse(json.Trim('\uFEFF', ' ', '\r', '\n', '\t', '\0'), new() { MaxDepth = 8 });
            var root = document.RootElement;
            return root.ValueKind != JsonValueKind.Object ? null : new(
                [.. Items(root, "video").Select(v => new CimVideo(Text(v, "Name"), Text(v, "AdapterCompatibility"), Text(v, "PNPDeviceID"), Text(v, "DriverVersion"), Text(v, "InstalledDisplayDrivers")))],
                [.. Items(root, "disks").Select(d => (Number: Number(d, "DeviceId"), Item: d)).Where(d => d.Number is >= 0 and < 4096).Select(d => new CimDisk(
                    (int)d.Number!.Value, Text(d.Item, "FriendlyName"), (int?)Number(d.Item, "MediaType"), (int?)Number(d.Item, "BusType"), Number(d.Item, "Size"), (int?)Number(d.Item, "LogicalSectorSize")))],
                [.. Items(root, "partitions").Where(p => Number(p, "DiskNumber") is >= 0 and < 4096 && Text(p, "DriveLetter") is [>= 'A' and <= 'Z' or >= 'a' and <= 'z'])
                    .Select(p => new CimPartition((int)Number(p, "DiskNumber")!.Value, char.ToUpperInvariant(Text(p, "DriveLetter")![0])))],
                [.. Items(root, "routes").Where(r => Text(r, "InterfaceAlias") is not null).Select(r => new CimRoute(
                    Text(r, "DestinationPrefix") == "::/0", Text(r, "InterfaceAlias")!, Text(r, "NextHop"), (Number(r, "RouteMetric") ?? 0) + (Number(r, "InterfaceMetric") ?? 0)))]);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // A list of one is written as that one by older versions of PowerShell.
    private static IEnumerable<JsonElement> Items(JsonElement root, string name) =>
        !root.TryGetProperty(name, out var items) ? []
        : items.ValueKind == JsonValueKind.Array ? items.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object)
        : items.ValueKind == JsonValueKind.Object ? [items] : [];

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString()!.Trim('\0', ' ') is { Length: > 0 } text ? text : null;

    // Numbers of disks are texts in MSFT_PhysicalDisk.
    private static long? Number(JsonElement item, string name) =>
        !item.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
        : value.ValueKind == JsonValueKind.String && long.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out number) ? number : null;
}

/// <summary>A display controller (Win32_VideoController).</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Maker">Who made it.</param>
/// <param name="DeviceId">Its place in the tree of devices, for example <c>PCI\VEN_10DE&amp;DEV_2684&amp;…</c>.</param>
/// <param name="DriverVersion">Version of the driver.</param>
/// <param name="Drivers">Files of the driver.</param>
internal sealed record CimVideo(string? Name, string? Maker, string? DeviceId, string? DriverVersion, string? Drivers);

/// <summary>A whole disk (MSFT_PhysicalDisk).</summary>
/// <param name="Number">Its number, as in <c>\\.\PhysicalDrive0</c>.</param>
/// <param name="Name">The model's name.</param>
/// <param name="MediaType">0 unknown, 3 with moving parts, 4 solid state, 5 storage-class memory.</param>
/// <param name="BusType">STORAGE_BUS_TYPE: 17 NVMe, 14 and 15 virtual, 16 Storage Spaces, ….</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="BlockBytes">Its smallest addressable block.</param>
internal sealed record CimDisk(int Number, string? Name, int? MediaType, int? BusType, long? SizeBytes, int? BlockBytes);

/// <summary>A partition with a drive letter (MSFT_Partition).</summary>
/// <param name="Disk">The disk's number.</param>
/// <param name="Letter">The letter.</param>
internal sealed record CimPartition(int Disk, char Letter);

/// <summary>A default route (MSFT_NetRoute).</summary>
/// <param name="IsIpv6">Whether it is one of IPv6.</param>
/// <param name="Interface">The interface's name.</param>
/// <param name="NextHop">The router.</param>
/// <param name="Metric">Of route and interface together, as Windows compares them.</param>
internal sealed record CimRoute(bool IsIpv6, string Interface, string? NextHop, long Metric);
