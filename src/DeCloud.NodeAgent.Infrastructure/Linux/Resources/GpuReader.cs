using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Reads the GPUs: every display controller of the PCI bus, whichever driver it has.</summary>
internal static class GpuReader
{
    private const string NvidiaDriver = "nvidia", HandoverDriver = "vfio-pci";

    /// <summary>Reads them.</summary>
    /// <param name="tree">The machine's files.</param>
    /// <param name="calls">What no file tells.</param>
    /// <param name="gaps">Told what could not be read.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<GpusResource> ReadAsync(HostTree tree, ILinuxCalls calls, ICollection<string> gaps, CancellationToken cancellation)
    {
        var pci = new PciDevices(tree);
        var found = pci.Displays().Select(a => (Address: a, Vendor: pci.Id(a, "vendor"), Device: pci.Id(a, "device"))).Where(g => g is { Vendor: not null, Device: not null }).ToList();
        var names = PciNames.Read(tree, [.. found.Select(g => (g.Vendor!, g.Device!))]);

        // The program would load the driver where it is not in use, and take the GPU from whoever has it.
        var nvidia = found.Exists(g => pci.DriverOf(g.Address) == NvidiaDriver) ? await NvidiaAsync(calls, gaps, cancellation).ConfigureAwait(false) : null;
        var gpus = found.Select(g => Gpu(pci, names, nvidia, g.Address, g.Vendor!, g.Device!)).ToList();
        return new(gpus, tree.Text("/sys/module/nvidia/version") ?? nvidia?.DriverVersion);
    }

    private static async Task<NvidiaReport?> NvidiaAsync(ILinuxCalls calls, ICollection<string> gaps, CancellationToken cancellation)
    {
        try
        {
            if (await calls.NvidiaAsync(cancellation).ConfigureAwait(false) is not { } text)
            {
                gaps.Add("NVIDIA's driver is in use and the program nvidia-smi is missing, so memory and utilisation of its GPUs are not known. Install it with the driver.");
                return null;
            }

            if (NvidiaReport.Parse(text) is { } report)
            {
                return report;
            }

            gaps.Add("nvidia-smi wrote something that is no report of its own.");
        }
        catch (FailureException failed)
        {
            gaps.Add(failed.Message);
        }

        return null;
    }

    private static GpuResource Gpu(PciDevices pci, PciNames names, NvidiaReport? report, string address, string vendor, string device)
    {
        var nvidia = report?.Gpus.GetValueOrDefault(address);
        var group = pci.GroupOf(address);
        var driver = pci.DriverOf(address);
        var isBootDisplay = pci.Number(address, "boot_vga") is { } boot ? boot != 0 : (bool?)null;
        var reason = ReasonAgainst(address, group, driver, isBootDisplay);
        return new()
        {
            Address = address,
            Class = pci.ClassOf(address)[2..4] switch
            {
                "00" => "vga",
                "01" => "xga",
                "02" => "3d",
                _ => "display",
            },
            VendorId = vendor,
            DeviceId = device,
            Vendor = names.Vendor(vendor),
            Model = names.Device(vendor, device) ?? nvidia?.Name,
            Driver = driver,
            IsBootDisplay = isBootDisplay,
            NumaNode = pci.Number(address, "numa_node") is >= 0 and var node ? (int)node : null,

            // amdgpu has the memory in a file.
            MemoryBytes = nvidia?.MemoryTotalBytes ?? pci.Number(address, "mem_info_vram_total"),
            IommuGroup = group,
            IsAssignable = reason is null,
            NotAssignableReason = reason,
            Nvidia = nvidia,
        };
    }

    private static string? ReasonAgainst(string address, IommuGroupResource? group, string? driver, bool? isBootDisplay)
    {
        if (group is null)
        {
            return "It is in no IOMMU group. Turn the IOMMU (VT-d, AMD-Vi or SMMU) on in the firmware and for the kernel.";
        }

        if (!group.IsWhole)
        {
            var strangers = group.Functions.Where(f => !f.IsBridge && f.Address.Split('.')[0] != address.Split('.')[0]).Select(f => f.Address).ToList();
            return strangers.Count > 0
                ? $"IOMMU group {group.Id} holds other devices too: {string.Join(", ", strangers)}. Put the card into another slot."
                : $"What IOMMU group {group.Id} holds could not be read.";
        }

        return isBootDisplay == true && driver != HandoverDriver
            ? $"The host shows its own screen on it. Bind it to {HandoverDriver} to give it to VMs."
            : null;
    }
}
