using Akka.Actor;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Actors;
using Xunit.Abstractions;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Tests.Inspection;

public sealed class RestartTests(ITestOutputHelper output) : NodeFixture(output)
{
    private const string Parts = "/user/node/";

    [Theory]
    [InlineData("wireguard")]
    [InlineData("hypervisor")]
    [InlineData("images")]
    [InlineData("heartbeat")]
    [InlineData("remote")]
    public async Task A_part_of_the_node_is_raised_at_once_and_no_vm_is_touched(string part)
    {
        await Connected();
        await Running();
        var (calls, before) = (Hypervisor.Calls.Count, await Actor(part));

        Assert.Null(await Restart(Parts + part));

        await Until(async () => await Actor(part) is { } now && !now.Equals(before));
        await Connected();
        Assert.Equal(calls, Hypervisor.Calls.Count);
    }

    [Fact]
    public async Task A_vms_actor_is_raised_with_all_it_knew_and_the_vm_is_not_touched()
    {
        await Connected();
        var id = await Running();
        var (calls, shown, before) = (Hypervisor.Calls.Count, Shown(id), await Actor($"vms/{id}"));

        Assert.Null(await Restart($"{Parts}vms/{id}"));

        await Until(async () => await Actor($"vms/{id}") is { } now && !now.Equals(before));
        await Until(async () => await Ask(new VmQueries.Get(id)) is VmReply.Found { Vm.Status.State: "running" });
        Assert.Equal(shown.CreatedAt, Shown(id).CreatedAt);
        Assert.Equal(calls, Hypervisor.Calls.Count);
    }

    [Theory]
    [InlineData("/user/node/vms", FailureCodes.ActorNotRestartable)]
    [InlineData("/user/node", FailureCodes.ActorNotRestartable)]
    [InlineData("/user/node/nothing", FailureCodes.ActorNotRestartable)]
    [InlineData("/system/observer", FailureCodes.ActorNotRestartable)]
    [InlineData("/user/node/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1/domain", FailureCodes.ActorNotRestartable)]
    [InlineData("/user/node/vms/4f1c9d5e-7f0b-4a57-9a53-0d8ad4b2f8a1", FailureCodes.ActorNotFound)]
    public async Task Others_are_refused(string path, string code)
    {
        await Connected();
        Assert.Equal(code, (await Restart(path))?.Code);
    }

    [Fact]
    public async Task What_was_asked_for_is_told_after_the_agent_was_started_again_and_once_only()
    {
        await Connected();
        string[] paths = [Parts + "wireguard", $"{Parts}vms/{await Running()}"];
        foreach (var path in paths)
        {
            Assert.Null(await Restart(path));
        }

        await RestartNode();
        await Connected();
        await Until(() => paths.All(p => Supervision.History(p).Any(e => e is { Kind: "stopped", Cause: "a restart was asked for over test" })));

        Assert.Null(await Restart(Parts + "operators"));
        await Until(() => Supervision.History(Parts + "operators").Count == 1);
        Assert.All(paths, p => Assert.Single(Supervision.History(p)));
        Assert.Equal(0, Supervision.Restarts);
    }

    [Fact]
    public async Task Nothing_is_started_again_that_could_not_be_stored()
    {
        await Connected();
        var id = await Running();
        var (part, vm) = (await Actor("remote"), await Actor($"vms/{id}"));
        BreakableJournal.Of(Sys).IsBroken = true;
        Assert.Equal(FailureCodes.JournalUnavailable, (await Restart(Parts + "remote"))?.Code);
        Assert.Equal(FailureCodes.Restarting, (await Restart($"{Parts}vms/{id}"))?.Code);
        Assert.Equal((part, vm), (await Actor("remote"), await Actor($"vms/{id}")));

        BreakableJournal.Of(Sys).IsBroken = false;
        Clock.Advance(TimeSpan.FromSeconds(5));
        await Until(async () => await Actor("operators") is not null);
        Assert.Null(await Restart($"{Parts}vms/{id}"));
    }

    private async Task<Failure?> Restart(string path) => (await Node.Ask<RestartReply>(new RestartActor(path, "test"), Timeout.InfiniteTimeSpan).WaitAsync(Wait)).Refusal;

    private async Task<IActorRef?> Actor(string path)
    {
        var identity = Sys.ActorSelection(Node.Path / path.Split('/')).Ask<ActorIdentity>(new Identify(path), Timeout.InfiniteTimeSpan);
        return (await identity.WaitAsync(Wait)).Subject;
    }
}
