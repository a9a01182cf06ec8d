using System.Collections.Immutable;

namespace DeCloud.NodeAgent.Core.Resources;

/// <summary>What a running VM has used since its process began. Counts from zero again when it is started again; what is not told is null.</summary>
/// <param name="Id">The VM.</param>
/// <param name="CpuTime">Processor time, by guest and emulator together.</param>
/// <param name="ResidentBytes">Main memory that its process takes now.</param>
/// <param name="ReadBytes">Bytes its process read from disks.</param>
/// <param name="WriteBytes">Bytes its process wrote to disks.</param>
/// <param name="ReceiveBytes">Bytes the guest received.</param>
/// <param name="TransmitBytes">Bytes the guest sent.</param>
public sealed record VmCounters(Guid Id, TimeSpan? CpuTime, long? ResidentBytes, ulong? ReadBytes, ulong? WriteBytes, ulong? ReceiveBytes, ulong? TransmitBytes)
{
    /// <summary>What two looks at one moment tell of every running VM.</summary>
    /// <param name="sample">The kernel's counters.</param>
    /// <param name="told">What the hypervisor told; null when it could not be asked, and then no VM is known to run.</param>
    public static ImmutableArray<VmCounters> Of(HostSample sample, VmReading? told)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return [.. (told?.Running ?? []).Select(vm =>
        {
            var process = sample.VmProcesses.GetValueOrDefault(vm.Id);
            return new VmCounters(vm.Id, process?.CpuTime, process?.ResidentBytes, process?.ReadBytes, process?.WriteBytes, vm.ReceiveBytes, vm.TransmitBytes);
        })];
    }
}
