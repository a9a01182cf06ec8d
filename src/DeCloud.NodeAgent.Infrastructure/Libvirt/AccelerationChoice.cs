using DeCloud.NodeAgent.Core.Hypervisor;

namespace DeCloud.NodeAgent.Infrastructure.Libvirt;

/// <summary>What is known of this host's hardware virtualisation.</summary>
/// <param name="HasCpuFlag">/proc/cpuinfo lists <c>vmx</c> or <c>svm</c> (or the architecture has no such flag).</param>
/// <param name="DeviceOpens">/dev/kvm could be opened.</param>
/// <param name="LibvirtOffersKvm">libvirt's domain capabilities list the type <c>kvm</c>.</param>
internal sealed record KvmEvidence(bool HasCpuFlag, bool DeviceOpens, bool LibvirtOffersKvm);

/// <summary>
/// Decides what VMs run on. A device node proves nothing by itself: it exists in containers and nested machines where a guest on it hangs for ever, so the CPU's flag must agree,
/// which is also what <c>virt-host-validate</c> looks at.
/// </summary>
internal static class AccelerationChoice
{
    public static (Acceleration Acceleration, string Reason) Decide(KvmEvidence evidence, bool allowEmulation)
    {
        var missing = evidence switch
        {
            { HasCpuFlag: false, DeviceOpens: true } => "/dev/kvm is there, but the CPU has neither vmx nor svm, so guests on it would hang; turn virtualisation on in the firmware or, in a VM, nested virtualisation in its host",
            { HasCpuFlag: false } => "the CPU has neither vmx nor svm; turn virtualisation on in the firmware",
            { DeviceOpens: false } => "/dev/kvm can't be opened; load the module kvm_intel or kvm_amd and give the agent's user access to it (group kvm)",
            { LibvirtOffersKvm: false } => "libvirt does not offer KVM although the host has it; restart the libvirt daemon so that it looks again",
            _ => null,
        };
        return (missing, allowEmulation) switch
        {
            (null, _) => (Acceleration.Kvm, "The CPU, /dev/kvm and libvirt agree that KVM works."),
            (_, true) => (Acceleration.Emulation, $"VMs are emulated, as Libvirt:AllowEmulation says: {missing}. Emulation is slow and no boundary against a hostile guest."),
            _ => (Acceleration.None, $"This host can't run VMs: {missing}. For tests, Libvirt:AllowEmulation=true lets QEMU emulate them."),
        };
    }
}
