using Akka.Actor;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Operations;
using DeCloud.NodeAgent.Core.Ports;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Tests.Actors;

public sealed class PortKeeperTests(ITestOutputHelper output) : NodeFixture(output)
{
    private static readonly Failure NoFilter = new(FailureCodes.PacketFilterUnavailable, "No nft here.", false);

    protected override IsolationMode? Isolation => IsolationMode.On;

    [Fact]
    public async Task A_port_follows_the_VMs_address_and_is_gone_with_the_VM()
    {
        await Connected();
        var id = await Running();
        var forward = await Given(id, 80);
        Assert.Equal(20000, forward.HostPort);

        await See(id, "192.168.122.7");
        await See(id, "192.168.122.8");
        Assert.Equal(forward, (await Given(id, 80, "another key")));

        await Accepted(Samples.Change(id, VmChange.Delete, "delete"));
        await Pass(TimeSpan.FromSeconds(10), () => Filter.InForce is { Forwards.IsEmpty: true, Guests.IsEmpty: true });
        Assert.Empty(Assert.IsType<PortReply.Listed>(await AskPorts(new PortQueries.List(null))).Forwards);
    }

    [Fact]
    public async Task A_restart_keeps_ports_and_leads_them_to_the_last_address_at_once()
    {
        await Connected();
        var id = await Running();
        var forward = await Given(id, 80);
        await See(id, "192.168.122.7");

        await RestartNode();
        await Connected();
        await Until(() => Network.Current.Isolation == "on");

        Assert.Equal("192.168.122.7", Assert.Single(Filter.InForce!.Forwards).Address.ToString());
        Assert.Equal(forward, Assert.Single(Assert.IsType<PortReply.Listed>(await AskPorts(new PortQueries.List(id))).Forwards));
    }

    [Fact]
    public async Task Rules_in_force_are_those_the_journal_knows_at_whatever_moment_the_agent_is_killed()
    {
        await Connected();
        var id = await Running();
        Hypervisor.Leases[id.MacAddress] = ["192.168.122.7"];
        await Pass(TimeSpan.FromSeconds(10), () => Board.Current[id].Addresses.Count > 0);

        // Nobody has looked at the VM since: the command itself has the rules follow.
        await Given(id, 80);
        await Until(() => Filter.InForce is { Forwards.Length: 1 });

        Hypervisor.Leases.Clear();
        await RestartNode();
        var before = Filter.Applied;
        await Connected();
        await Until(() => Filter.Applied > before);
        Assert.Equal("192.168.122.7", Assert.Single(Filter.InForce!.Forwards).Address.ToString());
    }

    [Fact]
    public async Task Ports_the_host_uses_are_not_given_and_VMs_that_are_not_there_get_none()
    {
        await Connected();
        var id = await Running();
        Filter.Busy[20000] = PortProtocol.Tcp;
        Assert.Equal(20001, (await Given(id, 80)).HostPort);
        Assert.Equal(FailureCodes.VmNotFound, (await RefusedPort(Wish(VmId.New(), 80, "k"))).Code);
        Assert.Equal(FailureCodes.VmNotFound, (await RefusedPort(new PortQueries.List(VmId.New()))).Code);
    }

    [Fact]
    public async Task A_VM_is_not_started_before_the_rules_are_in_force_and_starts_when_they_are()
    {
        Filter.Refusal = NoFilter;
        await RestartNode();
        await Connected();
        var id = VmId.New();
        await Accepted(Samples.Create(id, "k"));
        await Until(() => Network.Current.Isolation == "failed");
        await Until(() => Hypervisor.Calls.Contains("define"));
        Assert.DoesNotContain("start", Hypervisor.Calls);

        Filter.Refusal = null;
        await Pass(TimeSpan.FromSeconds(60), () => Board.Current[id].Status.State == "running");
        Assert.Equal(id, Assert.Single(Filter.InForce!.Guests).VmId);
    }

    [Fact]
    public async Task A_port_that_another_firewall_stops_keeps_no_VM_from_starting_and_is_tried_again()
    {
        await Connected();
        Filter.Unforwarded = NoFilter;
        await Given(await Running(), 80);
        await Pass(TimeSpan.FromSeconds(11), () => Network.Current is { Isolation: "on", MayStart: true, Unavailable.Message: "No nft here." });
        await Running();

        Filter.Unforwarded = null;
        await Pass(TimeSpan.FromSeconds(11), () => Network.Current is { Isolation: "on", Unavailable: null });
    }

    [Fact]
    public async Task The_rules_are_looked_at_again_and_again()
    {
        await Connected();
        await Until(() => Network.Current.Isolation == "on");
        var before = Filter.Applied;
        await Pass(TimeSpan.FromSeconds(11), () => Filter.Applied > before);
    }

    [Fact]
    public async Task Rules_that_somebody_flushed_are_back_without_any_time_passing()
    {
        await Connected();
        await Until(() => Network.Current.Isolation == "on");
        for (var i = 0; i < 3; i++)
        {
            Filter.Flush();
            await Until(() => Filter.InForce is not null);
        }
    }

    [Fact]
    public async Task A_repeated_command_is_carried_out_once_even_across_a_restart()
    {
        await Connected();
        var id = await Running();
        var forward = await Given(id, 80, "k");
        Assert.IsType<PortReply.Removed>(await AskPorts(new PortCommands.Remove(id, 80, PortProtocol.Tcp, new("r", "h", "api"))));

        await RestartNode();
        await Connected();
        Assert.Equal(forward, await Given(id, 80, "k"));
        Assert.Empty(Assert.IsType<PortReply.Listed>(await AskPorts(new PortQueries.List(null))).Forwards);
    }

    private static PortCommands.Allocate Wish(VmId id, int port, string key) => new(id, port, PortProtocol.Tcp, null, null, new Request(key, "h", "api"));

    private Task<PortReply> AskPorts(object message) => Node.Ask<PortReply>(message, Timeout.InfiniteTimeSpan).WaitAsync(Wait);

    private async Task<PortForward> Given(VmId id, int port, string? key = null) => Assert.IsType<PortReply.Done>(await AskPorts(Wish(id, port, key ?? $"{id}-{port}"))).Forward;

    private async Task<Failure> RefusedPort(object message) => Assert.IsType<PortReply.Refused>(await AskPorts(message)).Failure;

    private async Task See(VmId id, string address)
    {
        Hypervisor.Leases[id.MacAddress] = [address];
        await Pass(TimeSpan.FromSeconds(10), () => Filter.InForce?.Forwards is [var only] && only.Address.ToString() == address);
    }
}
