using System.Collections.Immutable;
using DeCloud.NodeAgent.Core.Hypervisor;
using DeCloud.NodeAgent.Core.Resources;

namespace DeCloud.NodeAgent.Tests.Resources;

public sealed class VmCountersTests
{
    private static readonly Guid One = new("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Two = new("22222222-2222-2222-2222-222222222222");

    [Fact]
    public void What_process_and_hypervisor_tell_of_a_VM_comes_together()
    {
        var sample = Sample(new ProcessCounters("1", TimeSpan.FromSeconds(3), 100, 5, 6));

        Assert.Equal(
            new VmCounters[] { new(One, TimeSpan.FromSeconds(3), 100, 5, 6, 7, 8), new(Two, null, null, null, null, 9, null) },
            VmCounters.Of(sample, new(TimeSpan.Zero, [new DomainUsage(One, 7, 8), new DomainUsage(Two, 9, null)])).ToArray());
    }

    [Fact]
    public void Without_a_word_of_the_hypervisor_no_VM_is_known_to_run() =>
        Assert.Empty(VmCounters.Of(Sample(new ProcessCounters("1", TimeSpan.FromSeconds(3), 100, 5, 6)), null));

    private static HostSample Sample(ProcessCounters process) => new() { At = TimeSpan.Zero, Threads = 1, VmProcesses = ImmutableDictionary<Guid, ProcessCounters>.Empty.Add(One, process) };
}
