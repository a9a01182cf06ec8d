using System.Diagnostics.Metrics;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Telemetry;

/// <summary>What each VM is and uses, read from the boards when it is asked for: no VM is spoken to, so one that hangs holds up nobody, and one that is gone is not told of.</summary>
internal static class VmGauges
{
    private static readonly string[] States = ["running", "paused", "stopped", "absent", "unknown"];

    /// <summary>Adds the instruments.</summary>
    public static void AddTo(Meter meter, VmBoard vms, ResourceBoard resources)
    {
        meter.CreateObservableGauge("decloud.vms", () => CountByState(vms), "{vm}", "VMs by the state that libvirt says.");
        Each("decloud.vm.up", null, "1 while the VM runs, else 0.", vm => vm.Status.State == "running" ? 1 : 0);
        Each("decloud.vm.wanted", null, "1 while the VM is wanted to run, else 0.", vm => vm.Intent.State == "running" ? 1 : 0);
        Each("decloud.vm.failing", null, "1 while a failure of the VM's last step stands, else 0.", vm => vm.Failure is null ? 0 : 1);
        Each("decloud.vm.vcpus", "{cpu}", "Virtual CPUs of the VM.", vm => vm.VCpus);
        Each("decloud.vm.memory.configured", "By", "Memory of the VM.", vm => vm.MemoryBytes);
        Each("decloud.vm.disk.configured", "By", "Size of the VM's disk.", vm => vm.DiskBytes);
        meter.CreateObservableCounter(
            "decloud.vm.crashes", () => vms.Current.Values.Select(vm => new Measurement<long>(vm.Crashes, Labels(vm))), "{crash}", "Times QEMU died under the VM.");

        Count("decloud.vm.cpu.time", "s", "Processor time of guest and emulator together since the VM was started.", u => u.CpuTime?.TotalSeconds);
        Count("decloud.vm.disk.read", "By", "Bytes the VM's process read from disks since it was started.", u => u.ReadBytes);
        Count("decloud.vm.disk.written", "By", "Bytes the VM's process wrote to disks since it was started.", u => u.WriteBytes);
        Count("decloud.vm.network.receive", "By", "Bytes the guest received since it was started.", u => u.ReceiveBytes);
        Count("decloud.vm.network.transmit", "By", "Bytes the guest sent since it was started.", u => u.TransmitBytes);
        meter.CreateObservableGauge(
            "decloud.vm.memory.resident", () => Used(u => u.ResidentBytes), "By", "Main memory that the VM's process takes.");

        void Each(string name, string? unit, string meaning, Func<VmResource, long> value) =>
            meter.CreateObservableGauge(name, () => vms.Current.Values.Select(vm => new Measurement<long>(value(vm), Labels(vm))), unit, meaning);

        void Count(string name, string unit, string meaning, Func<VmCounters, double?> value) =>
            meter.CreateObservableCounter(name, () => Used(value), unit, meaning);

        IEnumerable<Measurement<double>> Used(Func<VmCounters, double?> value)
        {
            var known = vms.Current;
            foreach (var used in resources.Vms)
            {
                if (value(used) is { } number && known.TryGetValue(new VmId(used.Id), out var vm))
                {
                    yield return new(number, Labels(vm));
                }
            }
        }
    }

    private static IEnumerable<Measurement<long>> CountByState(VmBoard vms)
    {
        var counts = vms.Current.Values.CountBy(vm => vm.Status.State).ToDictionary();
        return States.Select(state => new Measurement<long>(counts.GetValueOrDefault(state), new KeyValuePair<string, object?>("state", state)));
    }

    private static KeyValuePair<string, object?>[] Labels(VmResource vm) => [new("vm", vm.Id.ToString()), new("name", vm.Name)];
}
