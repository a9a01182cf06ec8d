using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>The functions of the PCI bus from /sys/bus/pci.</summary>
internal sealed class PciDevices(HostTree tree)
{
    private const string Folder = "/sys/bus/pci/devices";

    /// <summary>The addresses of the display controllers: base class 03 of the PCI code and id assignment.</summary>
    public IEnumerable<string> Displays() => tree.Names(Folder).Where(address => ClassOf(address).StartsWith("03", StringComparison.Ordinal));

    /// <summary>A function's class, six hexadecimal digits; empty when it can't be read.</summary>
    public string ClassOf(string address) => Hex(address, "class") ?? "";

    /// <summary>A function's vendor or device id.</summary>
    public string? Id(string address, string which) => Hex(address, which);

    /// <summary>The driver in use.</summary>
    public string? DriverOf(string address) => tree.LinkName($"{Folder}/{address}/driver");

    /// <summary>A file of a function's.</summary>
    public long? Number(string address, string file) => tree.Number($"{Folder}/{address}/{file}");

    /// <summary>A function's IOMMU group.</summary>
    public IommuGroupResource? GroupOf(string address)
    {
        if (!int.TryParse(tree.LinkName($"{Folder}/{address}/iommu_group"), out var id))
        {
            return null;
        }

        var functions = tree.Names($"/sys/kernel/iommu_groups/{id}/devices")
            .Select(other => new PciFunctionResource(other, ClassOf(other), ClassOf(other).StartsWith("06", StringComparison.Ordinal), DriverOf(other)))
            .ToList();
        var isWhole = functions.Exists(f => f.Address == address) && functions.TrueForAll(f => f.IsBridge || SlotOf(f.Address) == SlotOf(address));
        return new(id, isWhole, functions);
    }

    /// <summary>The card: the address without the number of the function.</summary>
    private static string SlotOf(string address) => address.Split('.')[0];

    private string? Hex(string address, string file) =>
        tree.Text($"{Folder}/{address}/{file}") is ['0', 'x', .. var digits] && digits.All(char.IsAsciiHexDigit) ? digits.ToLowerInvariant() : null;
}
