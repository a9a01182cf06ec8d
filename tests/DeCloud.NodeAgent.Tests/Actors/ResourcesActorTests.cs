using Akka.Actor;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Tests.Simulation;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Actors;

/// <summary>The part that knows the machine, among the other parts of the node.</summary>
public sealed class ResourcesActorTests(ITestOutputHelper output) : NodeFixture(output)
{
    private readonly SimulatedMachine _machine = new();
    private readonly ResourceBoard _board = new();

    protected override ResourceParts Machine => new(_machine, _machine, _board);

    [Fact]
    public async Task The_inventory_is_published_at_the_start_and_asked_for_without_being_read_again()
    {
        await Until(() => _board.Inventory is not null);
        await Pass(TimeSpan.FromMinutes(1), () => _machine.Samples > 40);

        Assert.Equal(1, _machine.Reads);
        Assert.Equal(64L << 30, _board.Inventory!.Memory.TotalBytes);
    }

    [Fact]
    public async Task A_machine_that_changes_is_read_again_by_itself()
    {
        await Until(() => _board.Inventory is not null);
        _machine.MemoryBytes = 128L << 30;
        _machine.Fingerprint = "another module";

        await Pass(TimeSpan.FromSeconds(11), () => _board.Inventory!.Memory.TotalBytes == 128L << 30);

        Assert.Equal(2, _machine.Reads);
    }

    [Fact]
    public async Task Those_who_ask_for_a_refresh_at_once_share_one_reading()
    {
        await Until(() => _board.Inventory is not null);
        _machine.Hold = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = Enumerable.Range(0, 5).Select(_ => Node.Ask<ResourceReply>(new ResourceMessages.Refresh(), Timeout.InfiniteTimeSpan)).ToArray();
        await Until(() => _machine.Reads == 2);
        _machine.Hold.SetResult();

        // Who asks when the first reading has ended gets another, which the others did not wait for.
        var told = (await Task.WhenAll(asked).WaitAsync(Wait)).Select(r => Assert.IsType<ResourceReply.Refreshed>(r).Resources).ToHashSet<object>(ReferenceEqualityComparer.Instance);
        Assert.InRange(_machine.Reads, 2, 3);
        Assert.InRange(told.Count, 1, _machine.Reads - 1);
        Assert.Contains(_board.Inventory!, told);
    }

    [Fact]
    public async Task A_reading_that_fails_leaves_the_old_inventory_and_says_why()
    {
        await Until(() => _board.Inventory is not null);
        var before = _board.Inventory;
        _machine.InventoryFault = new IOException("the bus is on fire");

        var refused = Assert.IsType<ResourceReply.Refused>(await Node.Ask<ResourceReply>(new ResourceMessages.Refresh(), Timeout.InfiniteTimeSpan).WaitAsync(Wait));

        Assert.Equal(FailureCodes.HostError, refused.Failure.Code);
        Assert.Contains("the bus is on fire", refused.Failure.Message, StringComparison.Ordinal);
        Assert.Same(before, _board.Inventory);
    }

    [Fact]
    public async Task The_first_reading_is_tried_again_until_it_succeeds()
    {
        await Until(() => _board.Inventory is not null);
        _machine.InventoryFault = new IOException("not yet");
        var board = new ResourceBoard();
        StartAnother(board, _ => { });
        await Until(() => _machine.Reads >= 2);
        Assert.Null(board.Inventory);
        _machine.InventoryFault = null;

        await Pass(TimeSpan.FromSeconds(25), () => board.Inventory is not null);
    }

    [Fact]
    public async Task The_VMs_part_is_told_what_there_is_to_give()
    {
        await Until(() => _board.Inventory is not null);
        var told = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        StartAnother(new(), message => told.TrySetResult(message));

        var known = Assert.IsType<ResourceMessages.CapacityKnown>(await told.Task.WaitAsync(Wait));

        Assert.Equal((8, 64L << 30), (known.Capacity.Threads, known.Capacity.MemoryBytes));
        Assert.Equal(new FileSystemCapacity("/", 1L << 40, 1L << 39, true, true), Assert.Single(known.Capacity.FileSystems));
    }

    [Fact]
    public async Task Running_VMs_are_in_the_snapshot_and_those_of_others_are_not()
    {
        await Connected();
        var vm = await Running();
        Hypervisor.Plant(Guid.NewGuid(), "somebody's", Core.Vms.PowerState.Running);

        await Pass(TimeSpan.FromSeconds(10), () => _board.Snapshot?.Vms.Items is [{ CpuCores: not null }]);
        Hypervisor.Traffic[vm.Value] = new(vm.Value, 5000, 7000);
        await Pass(TimeSpan.FromSeconds(10), () => _board.Snapshot?.Vms.Items is [{ ReceiveBytesPerSecond: > 0, TransmitBytesPerSecond: > 0 }]);

        var usage = Assert.Single(_board.Snapshot!.Vms.Items!);
        Assert.Equal((vm.Value, 2.0, 25.0, 1L << 20), (usage.Id, usage.CpuCores, usage.CpuPercent, usage.ResidentBytes));
        Assert.Equal(12.5, _board.Snapshot.Cpu!.UserPercent);
        Assert.Equal([vm.Value], _machine.Asked);
    }

    [Fact]
    public async Task Without_libvirt_the_machine_is_shown_and_the_VMs_are_not_with_the_reason()
    {
        await Connected();
        await Running();
        await Pass(TimeSpan.FromSeconds(10), () => _board.Snapshot?.Vms.Items is [_]);
        Hypervisor.IsAway = true;
        Hypervisor.Lose("the daemon was stopped");

        await Pass(TimeSpan.FromSeconds(10), () => _board.Snapshot!.Vms.Items is null);
        var at = _board.Snapshot;
        await Pass(TimeSpan.FromSeconds(5), () => !ReferenceEquals(at, _board.Snapshot));

        Assert.Contains("libvirt", _board.Snapshot!.Vms.Reason, StringComparison.Ordinal);
        Assert.NotNull(_board.Snapshot.Cpu);
        Hypervisor.IsAway = false;
        await Pass(TimeSpan.FromSeconds(10), () => _board.Snapshot!.Vms.Items is [_]);
    }

    [Fact]
    public async Task A_libvirt_that_hangs_is_asked_once_and_takes_nothing_from_the_machine()
    {
        await Connected();
        await Running();
        await Pass(TimeSpan.FromSeconds(10), () => _board.Snapshot?.Vms.Items is [_]);
        var held = Hypervisor.Hold("usage");

        await Pass(TimeSpan.FromSeconds(20), () => _board.Snapshot!.Vms is { Items: null, Reason: not null });
        var samples = _machine.Samples;
        await Pass(TimeSpan.FromSeconds(10), () => _machine.Samples > samples + 2);

        Assert.Contains("not answered", _board.Snapshot!.Vms.Reason, StringComparison.Ordinal);
        held.SetResult();
        await Pass(TimeSpan.FromSeconds(10), () => _board.Snapshot!.Vms.Items is [_]);
    }

    [Fact]
    public async Task Samples_do_not_pile_up_behind_one_that_hangs()
    {
        await Pass(TimeSpan.FromSeconds(5), () => _board.Snapshot is not null);
        _machine.HoldSamples = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var samples = _machine.Samples;
        await Pass(TimeSpan.FromSeconds(5), () => _machine.Samples > samples);
        samples = _machine.Samples;
        Clock.Advance(TimeSpan.FromMinutes(1));
        await Node.Ask<NodeResource>(new NodeQueries.Get(), Timeout.InfiniteTimeSpan).WaitAsync(Wait);
        Assert.Equal(samples, _machine.Samples);
        var (held, at) = (_machine.HoldSamples, _board.Snapshot);
        _machine.HoldSamples = null;
        held.SetResult();

        await Pass(TimeSpan.FromSeconds(5), () => !ReferenceEquals(at, _board.Snapshot));
    }

    [Fact]
    public async Task Counters_that_fail_once_are_looked_at_again()
    {
        await Pass(TimeSpan.FromSeconds(5), () => _board.Snapshot is not null);
        _machine.SampleFault = new IOException("gone");
        var samples = _machine.Samples;
        await Pass(TimeSpan.FromSeconds(5), () => _machine.Samples > samples + 2);
        var at = _board.Snapshot;
        _machine.SampleFault = null;

        await Pass(TimeSpan.FromSeconds(5), () => !ReferenceEquals(at, _board.Snapshot));
    }

    /// <summary>Starts one on the same machine, below somebody who is told what its parent is told.</summary>
    private void StartAnother(ResourceBoard board, Action<object> told) =>
        Sys.ActorOf(Props.Create(() => new Above(Props.Create(() => new ResourcesActor(new ResourceParts(_machine, _machine, board), Board, null)), told)));

    private sealed class Above : ReceiveActor
    {
        public Above(Props child, Action<object> told)
        {
            Context.ActorOf(child);
            ReceiveAny(told);
        }
    }
}
