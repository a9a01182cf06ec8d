using System.Globalization;
using System.Net;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>An agent that offers two virtual CPUs, whatever the machine has.</summary>
public sealed class TwoCpuLab : AgentLab
{
    /// <inheritdoc/>
    protected override string[] Settings =>
        ["Capacity:CpuOvercommitRatio=1", string.Create(CultureInfo.InvariantCulture, $"Capacity:ReserveCpus={Math.Max(0, Environment.ProcessorCount - 2)}")];
}

/// <summary>Admission on a real machine.</summary>
public sealed class AdmissionTests(TwoCpuLab lab) : AgentTests(lab), IClassFixture<TwoCpuLab>
{
    /// <summary>What other programs may write to or remove from the disk meanwhile.</summary>
    private const long Slack = 4L << 30;

    [Fact]
    public async Task Vms_are_let_in_until_the_node_is_full_a_delete_makes_room_and_a_kill_changes_no_figure()
    {
        var empty = await CapacityAsync();
        Assert.Equal((0L, Math.Min(2, Environment.ProcessorCount)), (empty.Cpu.Reserved, (int)empty.Cpu.Offered));
        Assert.InRange(empty.Memory.OfferedBytes, 1, empty.Memory.TotalBytes);
        Assert.Contains(empty.Disks, d => d.Holds.Contains("vms") && d.OfferedBytes > 0 && d.OfferedBytes < d.TotalBytes);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Lab.Api.TryCreateAsync(Lab.Small(64))));
        var created = answers.Where(a => a.Status == HttpStatusCode.Accepted).Select(a => a.As(RestJson.Default.AcceptedResource)).ToList();
        var refused = answers.Where(a => a.Status != HttpStatusCode.Accepted).ToList();
        Assert.Equal((int)empty.Cpu.Offered, created.Count);
        Assert.All(refused, a =>
        {
            Assert.Equal((HttpStatusCode.Conflict, "capacity-exhausted"), (a.Status, a.Code));
            Assert.Equal(("cpu", 1L, 0L), a.ToProblem().Shortages!.Select(s => (s.Resource, s.Asked, s.Free)).Single());
        });
        Assert.Equal(created.Count, (await Lab.Api.VmsAsync()).Count);
        foreach (var one in created)
        {
            await Lab.Api.DoneAsync(one);
        }

        var full = await CapacityAsync();
        Assert.Equal((empty.Cpu.Offered, 0L), (full.Cpu.Reserved, full.Cpu.Free));
        await Lab.Agent.RestartAsync();
        AssertSame(full, await CapacityAsync());
        Assert.Equal("capacity-exhausted", (await Lab.Api.TryCreateAsync(Lab.Small(64))).Code);

        await Lab.RemoveAsync(created[0].Vm!.Id);
        await Patience.UntilAsync("the deleted VM's part is free", TimeSpan.FromSeconds(10), async () => (await CapacityAsync()).Cpu.Free == 1);
        await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small(64)));
        Assert.Equal(0, (await CapacityAsync()).Cpu.Free);
        await Lab.Invariants.AssertAsync([created[0].Vm!.Id]);
    }

    [Fact]
    public async Task A_disk_larger_than_what_is_free_is_refused_with_the_file_system_and_nothing_is_made()
    {
        var answer = await Lab.Api.TryCreateAsync(Lab.Small(64) with { DiskBytes = 15L << 40 });

        var shortage = Assert.Single(answer.ToProblem().Shortages!);
        Assert.Equal((HttpStatusCode.Conflict, "disk", "bytes"), (answer.Status, shortage.Resource, shortage.Unit));
        Assert.Equal((await CapacityAsync()).Disks.Single(d => d.Holds.Contains("vms")).MountPoint, shortage.Where);
        Assert.Empty(await Lab.Api.VmsAsync());
        Assert.Equal("gpu-unknown", (await Lab.Api.TryCreateAsync(Lab.Small(64) with { Gpus = ["ffff:ff:1f.7"] })).Code);
    }

    private static void AssertSame(CapacityResource before, CapacityResource after)
    {
        Assert.Equal(before.Cpu, after.Cpu);
        Assert.Equal(before.Memory, after.Memory);
        Assert.Equal(before.Vms.Select(v => (v.Id, v.VCpus, v.MemoryBytes, v.DiskBytes)), after.Vms.Select(v => (v.Id, v.VCpus, v.MemoryBytes, v.DiskBytes)));
        foreach (var (was, isNow) in before.Disks.Zip(after.Disks))
        {
            Assert.Equal((was.MountPoint, was.ReservedByVmsBytes), (isNow.MountPoint, isNow.ReservedByVmsBytes));
            Assert.InRange(isNow.OfferedBytes, was.OfferedBytes - Slack, was.OfferedBytes + Slack);
        }
    }

    private Task<CapacityResource> CapacityAsync() => Lab.Api.GetAsync("/api/node/capacity", RestJson.Default.CapacityResource);
}
