using Akka.Actor;
using CsCheck;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Resources;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;
using static DeCloud.NodeAgent.Tests.Resources.Hosts;

namespace DeCloud.NodeAgent.Tests.Actors;

/// <summary>Admission through the real actors: the registry is the one lock.</summary>
public sealed class AdmissionActorTests(ITestOutputHelper output) : NodeFixture(output)
{
    /// <summary>Of one virtual CPU; four of them fill <see cref="Four"/>.</summary>
    private static readonly VmSpec One = Samples.Spec with { VCpus = 1 };

    private static readonly HostCapacity Four = Large with { Threads = 4 };

    protected override AdmissionPolicy Admission => new() { CpuOvercommitRatio = 1 };

    [Fact]
    public async Task Of_forty_creates_at_once_as_many_are_let_in_as_there_is_room_for_and_nothing_is_done_for_the_others()
    {
        await Has(Four);
        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(n => Ask(Create($"key-{n}", userData: n % 2 == 0))));
        Assert.Equal(4, replies.OfType<VmReply.Accepted>().Count());
        Assert.All(replies.OfType<VmReply.Refused>(), r =>
        {
            Assert.Equal(FailureCodes.CapacityExhausted, r.Failure.Code);
            Assert.Equal(("cpu", 1L, 4L, 4L, 0L), r.Shortages.Select(s => (s.Resource, s.Asked, s.Offered, s.Reserved, s.Free)).Single());
        });
        Assert.Equal(4, Board.Current.Count);
        Assert.True(Disk.UserDataStores <= 4);
        Assert.Equal((4L, 0L), await Cpu());
    }

    [Fact]
    public async Task However_creates_and_deletes_are_mixed_never_more_is_let_in_than_is_offered()
    {
        await Has(Four);
        var live = new List<VmId>();
        await Gen.Select(Gen.Int[1, 12], Gen.Int[0, 4]).SampleAsync(
            async (creates, deletes) =>
            {
                var asked = Enumerable.Range(0, creates).Select(n => Ask(Create(Guid.NewGuid().ToString(), userData: n % 3 == 0))).ToList();
                var leaving = live.Take(deletes).ToList();
                asked.AddRange(leaving.Select(id => Ask(Samples.Change(id, VmChange.Delete, Guid.NewGuid().ToString()))));
                var replies = await Task.WhenAll(asked);
                live.AddRange(replies.OfType<VmReply.Accepted>().Where(r => r.Resource.Kind == "create").Select(r => new VmId(r.Vm.Id)));
                live.RemoveAll(leaving.Contains);
                await Until(() => leaving.TrueForAll(id => !Board.Current.ContainsKey(id)));
                await Until(async () => (await Cpu()).Reserved == live.Count);
                Assert.True(live.Count <= 4, $"{live.Count}");
            },
            iter: 12,
            threads: 1);
    }

    [Fact]
    public async Task A_create_that_waits_for_its_user_data_has_its_part_already()
    {
        await Has(Four);
        Disk.HoldUserData = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = Enumerable.Range(0, 4).Select(n => Ask(Create($"slow-{n}", userData: true))).ToList();
        await Until(() => Disk.UserDataStores == 4);
        Assert.Equal(FailureCodes.CapacityExhausted, (await Refused(Create("late"))).Code);
        Disk.HoldUserData.SetResult();
        Assert.All(await Task.WhenAll(waiting), r => Assert.IsType<VmReply.Accepted>(r));
        Assert.Equal((4L, 0L), await Cpu());
    }

    [Fact]
    public async Task Whose_user_data_could_not_be_stored_has_nothing_reserved()
    {
        await Has(Four);
        Disk.Fail("user-data", 1);
        Assert.IsType<VmReply.Refused>(await Ask(Create("unlucky", userData: true)));
        Assert.Equal((0L, 4L), await Cpu());
    }

    [Fact]
    public async Task The_same_key_counts_once_and_is_answered_even_when_nothing_is_free()
    {
        await Has(Four);
        var first = await Accepted(Create("same", One with { VCpus = 4 }));
        var again = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Accepted(Create("same", One with { VCpus = 4 }))));
        Assert.All(again, r => Assert.Equal(first.Resource.Id, r.Resource.Id));
        Assert.Equal((4L, 0L), await Cpu());
    }

    [Fact]
    public async Task A_delete_gives_back_and_a_refused_key_may_be_used_again()
    {
        await Has(Four);
        var id = new VmId((await Accepted(Create("whole", One with { VCpus = 4 }))).Vm.Id);
        Assert.Equal(FailureCodes.CapacityExhausted, (await Refused(Create("next"))).Code);
        await Accepted(Samples.Change(id, VmChange.Delete, "delete"));
        await Until(() => !Board.Current.ContainsKey(id));
        await Until(async () => (await Cpu()).Free == 4);
        await Accepted(Create("next"));
    }

    [Fact]
    public async Task Nothing_is_imported_for_a_vm_that_does_not_fit()
    {
        await Has(Four);
        await Refused(Create("big", One with { VCpus = 5 }));
        Assert.Equal((0, 0), (Disk.Imports, Board.Current.Count));
    }

    [Fact]
    public async Task Before_it_is_known_what_the_host_has_the_node_is_not_ready_and_lets_nothing_in()
    {
        Capacity = null;
        await RestartNode();
        await Until(async () => (await Node.Ask<Readiness>(new NodeQueries.GetReadiness(), Timeout.InfiniteTimeSpan)) is { Reconciled: true, Capacity: false });
        Assert.Equal(FailureCodes.CapacityUnknown, (await Refused(Create("early"))).Code);
        Assert.Equal(FailureCodes.CapacityUnknown, (await Refused(new VmQueries.GetCapacity())).Code);
        await Has(Four);
        await Accepted(Create("early"));
    }

    [Fact]
    public async Task After_a_restart_the_same_is_reserved_and_vms_stay_even_on_a_host_that_became_smaller()
    {
        await Has(Four);
        var ids = new List<VmId>();
        for (var n = 0; n < 3; n++)
        {
            ids.Add(new((await Accepted(Create($"key-{n}"))).Vm.Id));
        }

        await Until(() => ids.TrueForAll(id => Shown(id) is { Status.State: "running", Step: null }));
        var before = await View();
        Capacity = Four;
        await RestartNode();
        await Connected();
        await Until(async () => (await View()).Cpu.Offered == 4);
        Assert.Equal(before.Vms, (await View()).Vms, Same);
        Assert.Equal((3L, 1L), await Cpu());

        Capacity = Four with { Threads = 2 };
        await RestartNode();
        await Connected();
        await Until(() => ids.TrueForAll(id => Board.Current.TryGetValue(id, out var vm) && vm.Status.State == "running"));
        var view = await View();
        Assert.Equal((2L, 3L, 0L, true), (view.Cpu.Offered, view.Cpu.Reserved, view.Cpu.Free, view.Cpu.Oversubscribed));
        Assert.Contains("3 virtual CPUs are reserved and 2 are offered", Assert.Single(view.Warnings), StringComparison.Ordinal);
        Assert.Equal(FailureCodes.CapacityExhausted, (await Refused(Create("one-more"))).Code);
        await Accepted(Samples.Change(ids[0], VmChange.Restart, "restart"));
    }

    [Fact]
    public async Task A_registry_that_fell_and_rose_again_is_told_what_the_host_has()
    {
        await Has(Four);
        await Accepted(Create("first"));
        Sys.ActorSelection(Node.Path / "vms").Tell(Kill.Instance);
        await Until(async () => await Node.Ask<Readiness>(new NodeQueries.GetReadiness(), Timeout.InfiniteTimeSpan) is { Capacity: false, Reconciled: false });
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Until(async () => await Ask(new VmQueries.GetCapacity()) is VmReply.Capacity { Resource.Cpu: { Reserved: 1, Free: 3 } });
    }

    [Fact]
    public async Task A_vm_with_a_gpu_is_defined_with_its_whole_group_and_nobody_else_gets_it()
    {
        await Has(Four);
        var id = new VmId((await Accepted(Create("gpu") with { Gpus = ["0000:02:00.0"] })).Vm.Id);
        await Until(() => Shown(id) is { Status.State: "running", Step: null });
        Assert.Equal(["0000:02:00.0"], Shown(id).Gpus);
        Assert.Equal<IEnumerable<string>>(["0000:02:00.0", "0000:02:00.1"], Hypervisor.DefinitionOf(id).HostDevices);
        Assert.Equal("gpu", Assert.Single(Assert.IsType<VmReply.Refused>(await Ask(Create("second") with { Gpus = ["0000:02:00.0"] })).Shortages).Resource);
        Assert.Equal(FailureCodes.GpuUnknown, (await Refused(Create("third") with { Gpus = ["0000:77:00.0"] })).Code);
        Assert.Equal(id.Value, (await View()).Gpus.Items.Single(g => g.Address == "0000:02:00.0").Vm);
    }

    [Fact]
    public async Task Images_keep_to_their_share_of_a_small_disk()
    {
        await Has(Four with { FileSystems = [Disk("/", 5 * GiB + 400)] });
        // Two images of 100 bytes; a quarter of the 400 bytes that are offered is the share, so that the first makes room for the second.
        foreach (var url in new[] { "https://images.example/a", "https://images.example/b" })
        {
            await Node.Ask<Core.Images.ImageReply>(new Core.Images.ImageCommands.Pull(new(url, null), new(url, "body", "api")), Timeout.InfiniteTimeSpan).WaitAsync(Wait);
            await Until(async () => (await Images()).Items.Any(i => i.SourceUrl == url));
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await Until(async () => (await Images()) is { Items: [{ SourceUrl: "https://images.example/b" }], BudgetBytes: 100 });
        Assert.Equal(100, (await View()).Disks[0].ReservedByImagesBytes);
    }

    private static bool Same(VmReservationResource one, VmReservationResource other) =>
        (one.Id, one.VCpus, one.MemoryBytes, one.DiskBytes) == (other.Id, other.VCpus, other.MemoryBytes, other.DiskBytes);

    private static VmCommands.Create Create(string key, VmSpec? spec = null, bool userData = false)
    {
        var create = Samples.Create(VmId.New(), key, spec: spec ?? One);
        return userData ? create with { UserData = "#cloud-config"u8.ToArray() } : create;
    }

    private async Task Has(HostCapacity host)
    {
        Tell(host);
        await Until(async () => await Ask(new VmQueries.GetCapacity()) is VmReply.Capacity { Resource.Cpu: var cpu } && cpu.Threads == host.Threads);
        await Connected();
    }

    private async Task<CapacityResource> View() => Assert.IsType<VmReply.Capacity>(await Ask(new VmQueries.GetCapacity())).Resource;

    private async Task<(long Reserved, long Free)> Cpu() => await View() is { Cpu: var cpu } ? (cpu.Reserved, cpu.Free) : default;

    private async Task<ImageListResource> Images() =>
        Assert.IsType<Core.Images.ImageReply.Listed>(await Node.Ask<Core.Images.ImageReply>(new Core.Images.ImageQueries.List(), Timeout.InfiniteTimeSpan).WaitAsync(Wait)).Images;
}
