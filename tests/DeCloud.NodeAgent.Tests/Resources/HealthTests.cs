using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Tests.Resources;

/// <summary>How the node is said to be.</summary>
public sealed class HealthTests
{
    private const long GiB = 1L << 30;
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_node_on_which_everything_works_is_well() => Assert.Equal("ok", Of().Status);

    [Fact]
    public void The_worst_part_counts_and_says_what_to_do()
    {
        Assert.Equal("failed", Of((NodeResource?)null).Status);
        Assert.Equal(("failed", "The journal is full."), Check(Of("The journal is full."), "journal"));
        Assert.Equal("failed", Check(Of(Node() with { Hypervisor = new("lost", Now, "no socket", null, null, null, null) }), "hypervisor").Status);
        Assert.Equal(("ok", "VMs run on Linux only."), Check(Of(Node() with { Hypervisor = new("unsupported", Now, "VMs run on Linux only.", null, null, null, null) }), "hypervisor"));
        Assert.Equal("degraded", Check(Of(Node() with { Hypervisor = new("connected", Now, null, "10.0.0", "8.2.2", "emulation", "allowed") }), "hypervisor").Status);
        Assert.Equal("failed", Check(Of(Node() with { Hypervisor = new("connected", Now, null, "10.0.0", "8.2.2", "none", "no KVM") }), "hypervisor").Status);
        Assert.Equal("degraded", Check(Of(Node() with { Reconciled = false }), "vms").Status);
    }

    [Theory]
    [InlineData(1000, 500, null, null, "ok")]
    [InlineData(16000, 300, null, null, "ok")]
    [InlineData(1000, 40, null, null, "degraded")]
    [InlineData(1000, 4, null, null, "failed")]
    [InlineData(8, 1, null, null, "ok")]
    [InlineData(0, 0, null, null, "failed")]
    [InlineData(1000, 500, 1000L, 40L, "degraded")]
    [InlineData(1000, 500, 1000L, 4L, "failed")]
    [InlineData(1000, 500, 0L, 0L, "ok")]
    public void Little_space_and_few_files_left_are_told(long totalGiB, long freeGiB, long? inodes, long? inodesLeft, string expected)
    {
        var check = Check(Of(new FileSystemUsageResource("/srv", totalGiB * GiB, freeGiB * GiB, inodes, inodesLeft)), "disk /srv");
        Assert.Equal(expected, check.Status);
        Assert.Contains("/srv", check.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Gaps_of_the_inventory_and_counters_that_nobody_looks_at_want_attention()
    {
        Assert.Equal(("degraded", "No nvidia-smi."), Check(Of(gap: "No nvidia-smi."), "inventory"));
        Assert.Equal("degraded", Check(Of(age: TimeSpan.FromSeconds(11)), "snapshot").Status);
        Assert.Equal("degraded", HealthOf.Node(Node(), [], null, null, Now).Status);
    }

    private static (string Status, string Reason) Check(HealthResource health, string name)
    {
        var check = health.Checks.Single(c => c.Name == name);
        Assert.Equal(check.Status == "ok" ? health.Status : health.Status == "failed" ? "failed" : check.Status, health.Status);
        return (check.Status, check.Reason);
    }

    private static HealthResource Of() => Of(Node());

    private static HealthResource Of(NodeResource? node) => HealthOf.Node(node, [], Inventory(null), Snapshot(new("/", 1000 * GiB, 500 * GiB, 100, 50), default), Now);

    private static HealthResource Of(string journal) => HealthOf.Node(Node(), [journal], Inventory(null), Snapshot(new("/", 1000 * GiB, 500 * GiB, 100, 50), default), Now);

    private static HealthResource Of(FileSystemUsageResource disk) => HealthOf.Node(Node(), [], Inventory(null), Snapshot(disk, default), Now);

    private static HealthResource Of(TimeSpan age = default, string? gap = null) => HealthOf.Node(Node(), [], Inventory(gap), Snapshot(new("/", 1000 * GiB, 500 * GiB, 100, 50), age), Now);

    private static NodeResource Node() => new()
    {
        Version = "1", StartedAt = Now, UptimeSeconds = 1, Hypervisor = new("connected", Now, null, "10.0.0", "8.2.2", "kvm", "it opens"), Vms = new Dictionary<string, int>(), ForeignDomains = 0, Reconciled = true,
    };

    private static NodeResources Inventory(string? gap) => DeCloud.NodeAgent.Api.OpenApi.ResourceExamples.Inventory with { Gaps = gap is null ? [] : [gap] };

    private static NodeSnapshot Snapshot(FileSystemUsageResource disk, TimeSpan age) => DeCloud.NodeAgent.Api.OpenApi.ResourceExamples.Snapshot with { At = Now - age, FileSystems = [disk] };
}
