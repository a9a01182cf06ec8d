namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Names of PCI vendors and devices from the list that distributions install (pci.ids: a vendor at the left, its devices behind a tab, their variants behind two).</summary>
internal sealed class PciNames
{
    private static readonly string[] Places = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];
    private readonly Dictionary<string, string> _vendors = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), string> _devices = [];

    private PciNames()
    {
    }

    /// <summary>Reads the names of some devices. The list is long and few are wanted.</summary>
    /// <param name="tree">The machine's files.</param>
    /// <param name="wanted">Vendor and device ids, four hexadecimal digits each.</param>
    public static PciNames Read(HostTree tree, IReadOnlyCollection<(string Vendor, string Device)> wanted)
    {
        var names = new PciNames();
        if (wanted.Count > 0 && Places.Select(tree.PathOf).FirstOrDefault(File.Exists) is { } path)
        {
            try
            {
                names.Search(File.ReadLines(path), wanted);
            }
            catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
            {
                // The numbers are still told.
            }
        }

        return names;
    }

    /// <summary>A vendor's name.</summary>
    public string? Vendor(string vendor) => _vendors.GetValueOrDefault(vendor);

    /// <summary>A device's name.</summary>
    public string? Device(string vendor, string device) => _devices.GetValueOrDefault((vendor, device));

    private void Search(IEnumerable<string> lines, IReadOnlyCollection<(string Vendor, string Device)> wanted)
    {
        string? vendor = null;
        foreach (var line in lines)
        {
            if (line.Length < 7 || line[0] == '#')
            {
                continue;
            }

            if (line[0] != '\t')
            {
                // The classes follow the last vendor.
                if (line.StartsWith("C ", StringComparison.Ordinal))
                {
                    return;
                }

                vendor = wanted.Any(w => line.StartsWith(w.Vendor, StringComparison.Ordinal)) ? line[..4] : null;
                if (vendor is not null)
                {
                    _vendors[vendor] = line[4..].Trim();
                }
            }
            else if (vendor is not null && line[1] != '\t' && wanted.Contains((vendor, line[1..5])))
            {
                _devices[(vendor, line[1..5])] = line[5..].Trim();
            }
        }
    }
}
