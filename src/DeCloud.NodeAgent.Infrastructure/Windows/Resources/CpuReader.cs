using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Reads the processors, from the registry, Win32 and the processor itself.</summary>
internal static class CpuReader
{
    private const string First = @"HARDWARE\DESCRIPTION\System\CentralProcessor\0";

    /// <summary>Reads them.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="gaps">Told what could not be read.</param>
    public static CpuResource Read(IWindowsMachine machine, ICollection<string> gaps)
    {
        var topology = ProcessorTopology.Parse(machine.ProcessorRecords());
        if (topology is null)
        {
            gaps.Add("How the processors are built is not known: GetLogicalProcessorInformationEx told nothing that can be read.");
        }

        var identity = machine.Identity;
        return new()
        {
            Model = machine.Text(First, "ProcessorNameString"),
            Vendor = machine.Text(First, "VendorIdentifier") ?? identity?.Vendor,
            Sockets = topology?.Sockets,
            Cores = topology?.Cores,
            Threads = topology?.Threads ?? Environment.ProcessorCount,
            BaseFrequencyMegahertz = machine.Number(First, "~MHz") is > 0 and var megahertz ? megahertz : null,
            Flags = identity?.Flags ?? [],
            Virtualization = new(identity?.Virtualization, null, null),
            Iommu = new(false, null, 0),
            NumaNodes = topology is null ? [] : [.. topology.Nodes.Select(n => new CpuNumaNodeResource(n.Key, n.Value.Length, Ranges(n.Value)))],
        };
    }

    private static string Ranges(IReadOnlyList<int> ids)
    {
        var text = new StringBuilder();
        for (var i = 0; i < ids.Count; i++)
        {
            var first = ids[i];
            while (i + 1 < ids.Count && ids[i + 1] == ids[i] + 1)
            {
                i++;
            }

            text.Append(text.Length > 0 ? "," : "").Append(first);
            if (ids[i] != first)
            {
                text.Append('-').Append(ids[i]);
            }
        }

        return text.ToString();
    }
}
