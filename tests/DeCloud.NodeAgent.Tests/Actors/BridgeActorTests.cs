using Akka.Actor;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Core.Resources;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Tests.Overlay;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Actors;

/// <summary>VMs in the overlay through the real actors.</summary>
public sealed class BridgeActorTests(ITestOutputHelper output) : NodeFixture(output)
{
    private static readonly VmSubnet Subnet = new(System.Net.IPNetwork.Parse("10.80.7.0/29"));

    protected override OverlaySettings OverlaySettings => OverlaySamples.Settings with { VmSubnet = Subnet };

    protected override AdmissionPolicy Admission => new() { VmSubnet = Subnet };

    [Fact]
    public async Task An_attached_VM_has_an_address_as_long_as_it_exists_also_after_a_restart_and_another_gets_it_then()
    {
        await Connected();
        var first = await Attached("a");
        var second = await Attached("b");
        Assert.Equal(("10.80.7.2", "10.80.7.3"), (first.OverlayAddress, second.OverlayAddress));
        await Until(() => Bridge.Made?.Guests.Select(g => g.Address.ToString()).Order().SequenceEqual(["10.80.7.2", "10.80.7.3"]) == true);

        await RestartNode();
        await Connected();
        await Until(async () => (await Show()).Vms is { State: "up", FreeAddresses: 3 });
        Assert.Equal(first.OverlayAddress, Board.Current[new(first.Id)].OverlayAddress);

        await Accepted(Samples.Change(new(first.Id), VmChange.Delete, "delete"));
        await Pass(TimeSpan.FromSeconds(10), () => Bridge.Made?.Guests.Length == 1);
        Assert.Equal("10.80.7.2", (await Attached("c")).OverlayAddress);
    }

    [Fact]
    public async Task Of_many_creates_at_once_no_two_have_one_address_and_the_rest_is_told_what_is_free()
    {
        await Connected();
        var replies = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => Node.Ask<VmReply>(Create($"key-{n}"), TimeSpan.FromSeconds(8))));
        Assert.Equal(5, replies.OfType<VmReply.Accepted>().Select(a => a.Vm.OverlayAddress).Distinct().Count());
        Assert.All(replies.OfType<VmReply.Refused>(), r =>
        {
            Assert.Equal(FailureCodes.CapacityExhausted, r.Failure.Code);
            Assert.Equal(("overlay-address", "10.80.7.0/29", 1L, 5L, 5L, 0L), r.Shortages.Select(s => (s.Resource, s.Where!, s.Asked, s.Offered, s.Reserved, s.Free)).Single());
        });
        Assert.Equal(7, replies.OfType<VmReply.Refused>().Count());
    }

    [Fact]
    public async Task The_same_request_again_has_the_same_address()
    {
        await Connected();
        var create = Create("once");
        var first = Assert.IsType<VmReply.Accepted>(await Node.Ask<VmReply>(create, TimeSpan.FromSeconds(8)));
        var again = Assert.IsType<VmReply.Accepted>(await Node.Ask<VmReply>(create, TimeSpan.FromSeconds(8)));
        Assert.Equal((first.Vm.Id, first.Vm.OverlayAddress), (again.Vm.Id, again.Vm.OverlayAddress));
        Assert.Equal(4, (await Show()).Vms!.FreeAddresses);
    }

    [Fact]
    public async Task An_attached_VM_is_started_only_behind_its_way_and_one_that_is_not_attached_does_not_wait()
    {
        Bridge.Broken = "No nft here.";
        await RestartNode();
        await Connected();
        var attached = await Attached("a");
        var other = Assert.IsType<VmReply.Accepted>(await Node.Ask<VmReply>(Samples.Create(VmId.New(), "plain"), TimeSpan.FromSeconds(8)));
        await Until(() => Board.Current[new(other.Vm.Id)].Status.State == "running");
        await Until(() => Board.Current[new(attached.Id)].Step?.Name == "start");
        await Until(() => Board.Current[new(attached.Id)].Failure?.Code == FailureCodes.OverlayNotReady, TimeSpan.FromSeconds(15));
        Assert.Contains("No nft here.", Board.Current[new(attached.Id)].Failure!.Message, StringComparison.Ordinal);
        Assert.Equal("unavailable", (await Show()).Vms!.State);

        Bridge.Broken = null;
        await Pass(TimeSpan.FromSeconds(30), () => Board.Current[new(attached.Id)].Status.State == "running");
    }

    [Fact]
    public async Task What_somebody_took_away_comes_back_within_ten_seconds()
    {
        await Connected();
        await Attached("a");
        await Until(() => Bridge.Made?.Guests.Length == 1);
        await Until(async () => (await Show()).Vms!.State == "up");
        Bridge.Remove();
        await Pass(TimeSpan.FromSeconds(11), () => Bridge.Made?.Guests.Length == 1);
    }

    private static VmCommands.Create Create(string key) => Samples.Create(VmId.New(), key) with { Overlay = true };

    private async Task<VmResource> Attached(string key) => Assert.IsType<VmReply.Accepted>(await Node.Ask<VmReply>(Create(key), TimeSpan.FromSeconds(8))).Vm;

    private async Task<WireGuardResource> Show() => Assert.IsType<OverlayReply.Shown>(await Node.Ask<OverlayReply>(new OverlayQueries.Get(), TimeSpan.FromSeconds(8))).WireGuard;
}

/// <summary>A node that attaches no VMs.</summary>
public sealed class NoBridgeTests(ITestOutputHelper output) : NodeFixture(output)
{
    protected override OverlaySettings OverlaySettings => OverlaySamples.Settings;

    [Fact]
    public async Task A_node_without_a_subnet_refuses_to_attach_and_removes_what_an_earlier_configuration_made()
    {
        await Connected();
        var refused = Assert.IsType<VmReply.Refused>(await Node.Ask<VmReply>(Samples.Create(VmId.New(), "a") with { Overlay = true }, TimeSpan.FromSeconds(8)));
        Assert.Equal(FailureCodes.OverlayNotOffered, refused.Failure.Code);
        Assert.Contains("WireGuard:VmSubnet", refused.Failure.Message, StringComparison.Ordinal);
        Assert.Empty(Board.Current);
        await Until(() => Bridge.Removed.Contains("decloud-agent test vms"));
        Assert.Null(Bridge.Made);
    }
}
