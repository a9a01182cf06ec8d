using System.Collections.Immutable;
using CsCheck;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Vms;
using static DeCloud.NodeAgent.Tests.Resources.Hosts;

namespace DeCloud.NodeAgent.Tests.Resources;

public sealed class AdmissionTests
{
    private static readonly AdmissionPolicy Policy = new() { CpuOvercommitRatio = 2, ReserveCpus = 1, ReserveMemoryBytes = 2 * GiB, ReserveDiskBytes = 4 * GiB, ImageBudgetBytes = 6 * GiB };
    private static readonly VmSpec Tiny = Samples.Spec with { VCpus = 1, MemoryBytes = 64 * MiB, DiskBytes = MiB };

    [Fact]
    public void What_is_offered_is_what_there_is_times_the_ratio_less_the_hosts_reserve()
    {
        var offer = new Offer(Small, Policy, 0);
        Assert.Equal((4 - 1) * 2, offer.VCpus);
        Assert.Equal(6 * GiB, offer.MemoryBytes);
        Assert.Equal(76 * GiB, DiskOffer.Of(offer.VmFileSystem!, Policy));
        Assert.Equal(6 * GiB, ImageShare.Of(Small, Policy));
    }

    [Theory]
    [InlineData(1.5, 1, 4)] // 3 threads times 1.5, rounded down
    [InlineData(1, 0, 4)]
    [InlineData(1, 4, 0)]
    [InlineData(16, 9, 0)]
    public void A_part_of_a_virtual_cpu_is_not_offered_and_never_less_than_none(double ratio, int reserve, long offered) =>
        Assert.Equal(offered, new Offer(Small, Policy with { CpuOvercommitRatio = ratio, ReserveCpus = reserve }, 0).VCpus);

    [Fact]
    public void What_the_agents_own_files_take_is_its_own_to_give_and_what_others_take_is_not()
    {
        // 100 GiB, 20 of others; VMs have written 30: 50 are free.
        var later = Small.FileSystems[0] with { FreeBytes = 50 * GiB, OwnBytes = 30 * GiB };
        Assert.Equal(DiskOffer.Of(Small.FileSystems[0], Policy), DiskOffer.Of(later, Policy));
        Assert.Equal(0, DiskOffer.Of(later with { FreeBytes = GiB, OwnBytes = 2 * GiB }, Policy));
    }

    [Theory]
    [InlineData(76, 6)] // The budget.
    [InlineData(24, 5)] // A quarter of the 20 that are offered.
    [InlineData(3, 0)]
    public void Images_are_set_aside_their_budget_or_a_quarter_of_a_small_disk(long freeGib, long shareGib) =>
        Assert.Equal(shareGib * GiB, ImageShare.Of(Disk("/", 100 * GiB) with { FreeBytes = freeGib * GiB }, Policy));

    [Fact]
    public void Images_that_take_more_than_their_share_are_reserved_as_they_are_and_elsewhere_nothing_is()
    {
        var fs = Small.FileSystems[0];
        Assert.Equal(6 * GiB, ImageShare.Reserved(fs, Policy, GiB));
        Assert.Equal(9 * GiB, ImageShare.Reserved(fs, Policy, 9 * GiB));
        Assert.Equal(0, ImageShare.Reserved(fs with { HoldsImages = false }, Policy, 9 * GiB));
    }

    [Theory]
    [InlineData(1, 128, 62 * MiB + 256 * 1024)] // 8 + 8 + 16 + 30 MiB, and 128 MiB / 512
    [InlineData(8, 65536, (8 * 8 + 54 + 128) * MiB)]
    public void Qemus_own_memory_is_counted(int vCpus, long mebibytes, long overhead) => Assert.Equal(overhead, VmDemand.MemoryOverhead(vCpus, mebibytes * MiB));

    [Fact]
    public void A_disk_counts_at_its_full_size_with_its_tables_and_logs() => Assert.Equal(10 * GiB + 10 * 163840 + 12 * MiB, VmDemand.Of(Tiny with { DiskBytes = 10 * GiB }).DiskBytes);

    [Theory]
    [InlineData(6, 64, 1, "")]
    [InlineData(7, 64, 1, "cpu")]
    [InlineData(1, 5800, 1, "")]
    [InlineData(1, 6144, 1, "memory")] // Exactly what is offered, but QEMU needs some too.
    [InlineData(1, 64, 69 * 1024, "")]
    [InlineData(1, 64, 70 * 1024, "disk")] // 76 less 6 for images, but there are tables too.
    [InlineData(7, 6144, 70 * 1024, "cpu memory disk")]
    public void A_refusal_names_everything_that_is_short(int vCpus, long memoryMib, long diskMib, string shortOf)
    {
        var verdict = Decide(Small, Tiny with { VCpus = vCpus, MemoryBytes = memoryMib * MiB, DiskBytes = diskMib * MiB });
        Assert.Equal(shortOf, string.Join(' ', verdict.Shortages.Select(s => s.Resource)));
        Assert.Equal(shortOf.Length > 0 ? FailureCodes.CapacityExhausted : null, verdict.Refusal?.Code);
        Assert.Equal(shortOf.Length == 0, verdict.Spec is not null);
    }

    [Fact]
    public void A_shortage_has_its_figures_and_says_why()
    {
        var there = Reservations.Of([Vm(Tiny with { VCpus = 4 })]);
        var shortage = Assert.Single(Admission.Decide(new(Small, Policy, 0), there, Tiny with { VCpus = 3 }, []).Shortages);
        Assert.Equal(("cpu", "vcpus", null, 3L, 6L, 4L, 2L), (shortage.Resource, shortage.Unit, shortage.Where, shortage.Asked, shortage.Offered, shortage.Reserved, shortage.Free));
        Assert.Contains("3 vcpus are asked for, 2 are free of 6 (4 hardware threads less 1 for the host, times 2)", shortage.Reason, StringComparison.Ordinal);
        Assert.Equal("/", Assert.Single(Decide(Small, Tiny with { DiskBytes = 80 * GiB }).Shortages).Where);
    }

    [Fact]
    public void Without_a_file_system_for_vms_none_is_let_in() =>
        Assert.Equal("disk", Assert.Single(Decide(Small with { FileSystems = [Disk("/srv", 100 * GiB) with { HoldsVms = false }] }, Tiny).Shortages).Resource);

    [Fact]
    public void The_file_system_of_the_images_is_no_room_for_disks()
    {
        var host = Small with { FileSystems = [Disk("/vms", 20 * GiB) with { HoldsImages = false }, Disk("/images", 900 * GiB) with { HoldsVms = false }] };
        Assert.Null(Decide(host, Tiny with { DiskBytes = 15 * GiB }).Refusal);
        Assert.Equal(("disk", "/vms"), Decide(host, Tiny with { DiskBytes = 17 * GiB }).Shortages.Select(s => (s.Resource, s.Where!)).Single());
    }

    [Fact]
    public void A_gpu_is_given_with_its_whole_group_to_one_vm_only()
    {
        var given = Decide(Large, Tiny, "0000:02:00.0").Spec!;
        Assert.Equal<IEnumerable<string>>(["0000:02:00.0", "0000:02:00.1"], Assert.Single(given.Gpus!).Functions);
        var again = Decide(Large, [Vm(given)], Tiny, "0000:02:00.0");
        Assert.Equal((FailureCodes.CapacityExhausted, "gpu", "0000:02:00.0", 1, 1, 1, 0), again.Shortages.Select(s => (again.Refusal!.Code, s.Resource, s.Where!, (int)s.Asked, (int)s.Offered, (int)s.Reserved, (int)s.Free)).Single());
    }

    [Fact]
    public void A_gpu_of_a_group_that_another_vm_has_is_taken_too()
    {
        var first = Decide(Large, Tiny, "0000:03:00.0").Spec!;
        Assert.Equal("0000:04:00.0", Assert.Single(Decide(Large, [Vm(first)], Tiny, "0000:04:00.0").Shortages).Where);
        Assert.Equal(["0000:03:00.0", "0000:04:00.0"], Decide(Large, Tiny, "0000:03:00.0", "0000:04:00.0").Spec!.Gpus!.Select(g => g.Address));
    }

    [Fact]
    public void Any_gpu_is_one_that_is_free_and_that_nobody_named()
    {
        Assert.Equal(["0000:01:00.0", "0000:02:00.0"], Decide(Large, Tiny, "any", "0000:01:00.0").Spec!.Gpus!.Select(g => g.Address));
        Assert.Equal(["0000:01:00.0", "0000:02:00.0", "0000:03:00.0"], Decide(Large, Tiny, "any", "any", "any").Spec!.Gpus!.Select(g => g.Address));
        // The fourth shares its group with the third, so that there are not four to be had.
        Assert.Equal("gpu", Assert.Single(Decide(Large, Tiny, "any", "any", "any", "any").Shortages).Resource);
    }

    [Fact]
    public void A_gpu_that_is_not_there_is_no_matter_of_capacity()
    {
        var verdict = Decide(Small, Tiny, "0000:09:00.0");
        Assert.Equal((FailureCodes.GpuUnknown, true), (verdict.Refusal!.Code, verdict.Refusal.IsPermanent));
        Assert.Contains("0000:01:00.0", verdict.Refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_owner_who_offers_no_gpus_has_none_to_give()
    {
        var verdict = Admission.Decide(new(Small, Policy with { OfferGpus = false }, 0), Reservations.Of([]), Tiny, ["any"]);
        Assert.Contains("the node's owner offers none", Assert.Single(verdict.Shortages).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_view_adds_up_and_a_host_that_became_smaller_is_warned_of()
    {
        var vms = new[] { Vm(Tiny with { VCpus = 2 }), Vm(Decide(Small, Tiny, "any").Spec!) };
        var view = new Offer(Small, Policy, 0).View(vms);
        Assert.Equal((6L, 3L, 3L, false), (view.Cpu.Offered, view.Cpu.Reserved, view.Cpu.Free, view.Cpu.Oversubscribed));
        Assert.Equal(view.Memory.ReservedBytes, view.Vms.Sum(v => v.MemoryBytes));
        Assert.Equal(view.Disks[0].ReservedByVmsBytes, view.Vms.Sum(v => v.DiskBytes));
        Assert.Equal(20 * GiB, view.Disks[0].UsedByOthersBytes);
        Assert.Equal((1, 1, 0), (view.Gpus.Offered, view.Gpus.Reserved, view.Gpus.Free));
        Assert.Empty(view.Warnings);

        var less = new Offer(Small with { Threads = 2, Gpus = [] }, Policy, 0).View(vms);
        Assert.Equal((2L, 3L, 0L, true), (less.Cpu.Offered, less.Cpu.Reserved, less.Cpu.Free, less.Cpu.Oversubscribed));
        Assert.Equal(2, less.Warnings.Count);
    }

    [Fact]
    public void However_vms_come_and_go_never_more_is_reserved_than_offered() =>
        Gen.Select(Host, Gen.Select(Gen.Int[0, 5], Gen.Int[1, 12], Gen.Int[1, 4096], Gen.Int[1, 40_000], Gen.Int[0, 3]).Array[1, 60], Gen.Long[0, 20]).Sample((host, moves, imageGib) =>
        {
            var offer = new Offer(host, Policy, imageGib * GiB);
            var vms = ImmutableSortedDictionary<VmId, VmSpec>.Empty;
            foreach (var (kind, vCpus, memory, disk, gpus) in moves)
            {
                if (kind == 0 && !vms.IsEmpty)
                {
                    vms = vms.Remove(vms.Keys.ElementAt(vCpus % vms.Count));
                    continue;
                }

                var before = Reservations.Of(vms);
                var spec = Tiny with { VCpus = vCpus, MemoryBytes = memory * MiB, DiskBytes = disk * MiB };
                var verdict = Admission.Decide(offer, before, spec, [.. Enumerable.Repeat(GpuWish.Any, gpus)]);
                if (verdict.Spec is { } let)
                {
                    vms = vms.Add(VmId.New(), let);
                    AssertFits(offer, vms);
                }
                else
                {
                    Assert.NotEmpty(verdict.Shortages);
                    Assert.All(verdict.Shortages, s => Assert.True(s.Asked > s.Free && s.Free == Math.Max(0, s.Offered - s.Reserved), s.ToString()));
                }
            }
        });

    private static Gen<HostCapacity> Host => Gen.Select(Gen.Int[1, 32], Gen.Int[1, 32], Gen.Int[1, 200], Gen.Int[0, 4]).Select(h =>
        new HostCapacity(h.Item1, h.Item2 * GiB, [Disk("/", h.Item3 * GiB)], [.. Gpus.Take(h.Item4)]));

    private static void AssertFits(Offer offer, IReadOnlyCollection<KeyValuePair<VmId, VmSpec>> vms)
    {
        var fs = offer.Host.FileSystems[0];
        Assert.True(vms.Sum(v => v.Value.VCpus) <= offer.VCpus);
        Assert.True(vms.Sum(v => v.Value.MemoryBytes) <= offer.MemoryBytes);
        Assert.True(vms.Sum(v => v.Value.DiskBytes) + ImageShare.Reserved(fs, Policy, offer.ImageBytes) <= fs.TotalBytes - Policy.ReserveDiskBytes);
        var functions = vms.SelectMany(v => (v.Value.Gpus ?? []).SelectMany(g => g.Functions).Distinct().Select(f => (f, v.Key))).ToList();
        Assert.Equal(functions.Count, functions.DistinctBy(f => f.f).Count());
        Assert.Empty(offer.Warnings(Reservations.Of(vms), vms));
    }

    private static KeyValuePair<VmId, VmSpec> Vm(VmSpec spec) => new(VmId.New(), spec);

    private static AdmissionVerdict Decide(HostCapacity host, VmSpec spec, params string[] gpus) => Decide(host, [], spec, gpus);

    private static AdmissionVerdict Decide(HostCapacity host, KeyValuePair<VmId, VmSpec>[] there, VmSpec spec, params string[] gpus) =>
        Admission.Decide(new(host, Policy, 0), Reservations.Of(there), spec, [.. gpus]);
}
