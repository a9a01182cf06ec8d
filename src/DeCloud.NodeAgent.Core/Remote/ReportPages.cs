using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Core.Remote;

/// <summary>What is told of the VMs, cut to fit frames. Pure.</summary>
public static class ReportPages
{
    /// <summary>A report as messages of at most so many bytes each.</summary>
    /// <param name="head">Session, command, time and capacity.</param>
    /// <param name="vms">The VMs.</param>
    /// <param name="maxBytes">How long a message may be; one VM always fits.</param>
    public static IReadOnlyList<NodeReport> Split(NodeReport head, IEnumerable<VmReport> vms, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(vms);
        var around = RemoteWire.Write(head with { Page = int.MaxValue, Pages = int.MaxValue, Vms = [] }).Length;
        var pages = new List<List<VmReport>> { new() };
        var bytes = around;
        foreach (var vm in vms)
        {
            var more = SizeOf(vm);
            if (bytes + more > maxBytes && pages[^1].Count > 0)
            {
                pages.Add([]);
                bytes = around;
            }

            pages[^1].Add(vm);
            bytes += more;
        }

        return [.. pages.Select((page, i) => head with { Page = i + 1, Pages = pages.Count, Vms = page })];
    }

    /// <summary>A VM as a report tells it.</summary>
    /// <param name="vm">The VM.</param>
    public static VmReport Of(VmResource vm)
    {
        ArgumentNullException.ThrowIfNull(vm);
        return new(vm.Id, vm.Name, vm.Intent.State, vm.Intent.By, vm.Status.State, vm.Status.Reason, vm.VCpus, vm.MemoryBytes, vm.DiskBytes, vm.Addresses, vm.Failure?.Message, vm.Version);
    }

    /// <summary>What a node has for VMs, and what they were promised: the figures by which it lets VMs in, overheads included.</summary>
    /// <param name="capacity">What it offers.</param>
    public static NodeCapacity CapacityOf(CapacityResource capacity)
    {
        ArgumentNullException.ThrowIfNull(capacity);
        var disk = capacity.Disks.FirstOrDefault(d => d.Holds.Contains("vms"));
        return new(
            capacity.Cpu.Threads - capacity.Cpu.HostReserve,
            capacity.Memory.OfferedBytes,
            disk?.FreeBytes ?? 0,
            (int)Math.Min(int.MaxValue, capacity.Cpu.Reserved),
            capacity.Memory.ReservedBytes,
            disk?.ReservedByVmsBytes ?? 0);
    }

    private static int SizeOf(VmReport vm) => RemoteWire.Write(new NodeReport(Vms: [vm])).Length;
}
