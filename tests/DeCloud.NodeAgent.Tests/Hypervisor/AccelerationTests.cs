using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Infrastructure.Libvirt;

namespace DeCloud.NodeAgent.Tests.Hypervisor;

public sealed class AccelerationTests
{
    [Theory]
    [InlineData(true, true, true, Acceleration.Kvm, "agree")]
    [InlineData(true, true, false, Acceleration.None, "restart the libvirt daemon")]
    [InlineData(true, false, false, Acceleration.None, "kvm_intel or kvm_amd")]
    [InlineData(true, false, true, Acceleration.None, "kvm_intel or kvm_amd")]
    [InlineData(false, true, false, Acceleration.None, "would hang")]
    [InlineData(false, true, true, Acceleration.None, "would hang")]
    [InlineData(false, false, false, Acceleration.None, "firmware")]
    [InlineData(false, false, true, Acceleration.None, "firmware")]
    public void Kvm_needs_the_flag_the_device_and_libvirt_and_whoever_lacks_one_is_told_the_remedy(bool flag, bool device, bool libvirt, Acceleration expected, string reason)
    {
        var (acceleration, why) = AccelerationChoice.Decide(new(flag, device, libvirt), allowEmulation: false);

        Assert.Equal(expected, acceleration);
        Assert.Contains(reason, why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, true, true, Acceleration.Kvm)]
    [InlineData(true, true, false, Acceleration.Emulation)]
    [InlineData(true, false, false, Acceleration.Emulation)]
    [InlineData(false, true, true, Acceleration.Emulation)]
    [InlineData(false, false, false, Acceleration.Emulation)]
    public void Leave_to_emulate_is_used_only_where_kvm_does_not_work(bool flag, bool device, bool libvirt, Acceleration expected)
    {
        var (acceleration, why) = AccelerationChoice.Decide(new(flag, device, libvirt), allowEmulation: true);

        Assert.Equal(expected, acceleration);
        Assert.Equal(expected == Acceleration.Emulation, why.Contains("no boundary against a hostile guest", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("flags\t\t: fpu vme vmx smx\n", true)]
    [InlineData("flags\t\t: fpu svm sse\n", true)]
    [InlineData("flags\t\t: fpu sse vmx", true)]
    [InlineData("flags\t\t: vmx fpu\r\n", true)]
    [InlineData("processor\t: 0\nflags\t\t: fpu sse\nprocessor\t: 1\nflags\t\t: fpu svm\n", true)]
    [InlineData("flags\t\t: fpu sse sse2 hypervisor\n", false)]
    [InlineData("flags\t\t: fpu xvmx vmxx svm_lock nosvm\n", false)]
    [InlineData("model name\t: a vmx svm machine\nflags\t\t: fpu\n", false)]
    [InlineData("vmx flags\t: vnmi preemption_timer\nflags\t\t: fpu\n", false)]
    [InlineData("flags_of_something\t: vmx\nflags\t\t: fpu\n", false)]
    [InlineData("flags\t\t:\n", false)]
    [InlineData("", false)]
    public void The_flag_is_a_word_of_its_own_in_the_line_of_flags(string cpuInfo, bool expected) => Assert.Equal(expected, KvmProbe.HasCpuFlag(cpuInfo));
}
