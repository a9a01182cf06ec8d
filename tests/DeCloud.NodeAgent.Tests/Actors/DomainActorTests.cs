using Akka.Actor;
using Akka.TestKit.Xunit2;
using DeCloud.NodeAgent.Actors.Operations;
using DeCloud.NodeAgent.Actors.Overlay;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Vms;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Simulation;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;
using static DeCloud.NodeAgent.Actors.Vms.DomainMessages;

namespace DeCloud.NodeAgent.Tests.Actors;

/// <summary>A domain's actor alone, with the test in the place of its VM.</summary>
public sealed class DomainActorTests(ITestOutputHelper output) : TestKit(output: output)
{
    private readonly VmId _id = VmId.New();
    private readonly SimulatedHypervisor _hypervisor = new();
    private readonly SimulatedDisk _disk = new();

    [Theory]
    [InlineData(VmStep.Define, "define", 1)]
    [InlineData(VmStep.Undefine, "undefine", 2)]
    internal async Task What_happens_while_a_definition_changes_is_looked_at_after_the_step_has_told_its_own_look(VmStep step, string call, long number)
    {
        var domain = await StartAsync();
        if (step == VmStep.Undefine)
        {
            domain.Tell(Step(VmStep.Define, 1));
            await ExpectMsgAsync<Taken>();
        }

        var hold = _hypervisor.Hold(call);
        domain.Tell(Step(step, number));
        await AwaitAssertAsync(() => Assert.Contains(call, _hypervisor.Calls));
        domain.Tell(LookNow.Instance);

        // An answer to the look, if it were asked now, would be on its way before the second of these.
        await domain.Ask<ActorIdentity>(new Identify(1));
        await domain.Ask<ActorIdentity>(new Identify(2));
        hold.SetResult();

        var taken = await ExpectMsgAsync<Taken>();
        var later = await ExpectMsgAsync<Looked>();
        Assert.Equal(step == VmStep.Define ? PowerState.Stopped : null, taken.Looked!.Look.Status?.State);
        Assert.Equal(taken.Looked.Look.Status, later.Look.Status);
        Assert.True(later.Order > taken.Looked.Order);
    }

    [Fact]
    public async Task What_happens_while_a_domain_starts_is_looked_at_at_once()
    {
        var domain = await StartAsync();
        domain.Tell(Step(VmStep.Define, 1));
        await ExpectMsgAsync<Taken>();
        var hold = _hypervisor.Hold("start");
        domain.Tell(Step(VmStep.Start, 2));
        domain.Tell(LookNow.Instance);
        Assert.Equal(PowerState.Stopped, (await ExpectMsgAsync<Looked>()).Look.Status?.State);
        hold.SetResult();
        await ExpectMsgAsync<Taken>();
    }

    [Fact]
    public async Task The_seed_is_written_while_the_disk_is_made()
    {
        var domain = await StartAsync();
        _disk.HoldDisks = new(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.Tell(Step(VmStep.CreateDisk, 1));
        await AwaitAssertAsync(() => Assert.Equal([$"seed:{_id}"], _disk.Files.Keys));
        _disk.HoldDisks.SetResult();
        Assert.Equal(VmStep.CreateSeed, (await ExpectMsgAsync<Taken>()).Along);
        Assert.True(_disk.Files.ContainsKey($"disk:{_id}"));
    }

    [Fact]
    public async Task What_a_definition_itself_tells_is_not_asked_for_again_and_one_made_anew_is_looked_at()
    {
        var domain = await StartAsync();
        _hypervisor.Fail("look", 1);
        domain.Tell(Step(VmStep.Define, 1));
        var first = await ExpectMsgAsync<Taken>();
        Assert.Equal(PowerState.Stopped, first.Looked?.Look.Status?.State);

        domain.Tell(Step(VmStep.Define, 2));
        Assert.Null((await ExpectMsgAsync<Taken>()).Looked);
        domain.Tell(Step(VmStep.Define, 3));
        Assert.Equal(first.Looked!.Look, (await ExpectMsgAsync<Taken>()).Looked?.Look);
    }

    [Fact]
    public async Task A_seed_that_fails_fails_its_own_step_and_not_the_disks()
    {
        var domain = await StartAsync();
        _disk.Fail("seed", 2);
        domain.Tell(Step(VmStep.CreateDisk, 1));
        Assert.Null((await ExpectMsgAsync<Taken>()).Along);
        domain.Tell(Step(VmStep.CreateSeed, 2));
        Assert.Contains("seed", (await ExpectMsgAsync<NotTaken>()).Failure.Message, StringComparison.Ordinal);
        domain.Tell(Step(VmStep.CreateSeed, 3));
        await ExpectMsgAsync<Taken>();
        Assert.True(_disk.Files.ContainsKey($"seed:{_id}"));
    }

    private static Take Step(VmStep step, long number) => new(new(number, step, 1, DateTimeOffset.UnixEpoch), Samples.Spec, Samples.Digest);

    private async Task<IActorRef> StartAsync()
    {
        var environment = new VmEnvironment(new(), _disk, Nobody.Instance, new(), new JournalSignal(), new OperationBoard(), new OverlayBoard(new OverlaySettings("wg0", 51820, null)));
        var domain = ChildActorOf(Props.Create(() => new DomainActor(_id, environment)));
        domain.Tell(new UseSession(await _hypervisor.ConnectAsync(CancellationToken.None)));
        return domain;
    }
}
