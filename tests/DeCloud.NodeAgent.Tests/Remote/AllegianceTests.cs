using DeCloud.NodeAgent.Contracts.Remote;
using DeCloud.NodeAgent.Core.Remote;

namespace DeCloud.NodeAgent.Tests.Remote;

public sealed class AllegianceTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("a", 1, true, false)]
    [InlineData("a", 5, false, false)]
    [InlineData("a", 4, false, true)]
    [InlineData("b", 5, false, true)]
    [InlineData("b", 4, false, true)]
    [InlineData("b", 6, true, false)]
    public void The_later_epoch_wins_and_one_epoch_has_one_orchestrator(string name, long epoch, bool isNews, bool isRefused)
    {
        var state = name == "a" && epoch == 1 ? Allegiance.None : Allegiance.None.Apply(new AllegianceEvents.Followed("a", 5, At));
        var (@event, refusal) = state.Decide(new AllegianceCommands.Follow(name, epoch), At);

        Assert.Equal((isNews, isRefused), (@event is not null, refusal?.Code == RefusalCodes.Epoch));
    }

    [Fact]
    public void A_late_copy_of_a_request_to_drain_changes_nothing()
    {
        var on = new AllegianceCommands.Drain(true, new("remote:1", "on", "o"));
        var state = Obey(Obey(Allegiance.None, on), new(false, new("remote:2", "off", "o")));

        Assert.Equal((null, null), state.Decide(on, At));
        Assert.False(state.IsDraining);
        Assert.Equal("idempotency-conflict", state.Decide(new AllegianceCommands.Drain(false, new("remote:1", "off", "o")), At).Refusal!.Code);
    }

    [Fact]
    public void Credits_are_freed_by_place_and_never_twice()
    {
        var window = new EventWindow(3);
        Assert.Equal([1L, 2L, 3L], new[] { 10L, 20L, 30L }.Select(window.Send));

        Assert.Equal((0, 0), (window.Free, window.Acknowledge(9)));
        Assert.Equal((2, 0, 2), (window.Acknowledge(25), window.Acknowledge(25), window.Free));
        Assert.Equal((1, 3), (window.Acknowledge(1000), window.Free));
    }

    [Fact]
    public void A_report_is_cut_so_that_every_page_fits_and_nothing_is_left_out()
    {
        var vms = Enumerable.Range(0, 500).Select(i => new VmReport(Guid.NewGuid(), new string('n', i % 60), State: "running", Addresses: ["192.0.2.1"])).ToList();
        var pages = ReportPages.Split(new(Guid.NewGuid(), "c"), vms, 4096);

        Assert.All(pages, p => Assert.InRange(RemoteWire.Write(p).Length, 1, 4096));
        Assert.Equal(vms.Select(v => v.Id), pages.SelectMany(p => p.Vms!).Select(v => v.Id));
        Assert.Equal(Enumerable.Range(1, pages.Count), pages.Select(p => p.Page));
        Assert.All(pages, p => Assert.Equal(pages.Count, p.Pages));
        Assert.Equal((1, 1), (ReportPages.Split(new(), [], 4096).Count, ReportPages.Split(new(), [], 4096)[0].Pages));
    }

    [Fact]
    public void A_command_that_is_sent_again_in_another_session_is_the_same_and_another_is_not()
    {
        var vm = Guid.NewGuid();
        var first = RemoteCommands.RequestOf(new StopVm(Guid.NewGuid(), "c", At, vm), "o");

        Assert.Equal(first, RemoteCommands.RequestOf(new StopVm(Guid.NewGuid(), "c", null, vm), "o"));
        Assert.NotEqual(first.BodyHash, RemoteCommands.RequestOf(new StopVm(Guid.NewGuid(), "c", At, vm, true), "o").BodyHash);
        Assert.NotEqual(first.BodyHash, RemoteCommands.RequestOf(new StartVm(Guid.NewGuid(), "c", At, vm), "o").BodyHash);
        Assert.Equal(("remote:c", "c", null), (first.Id, RemoteCommands.CommandIdOf(first.Id), RemoteCommands.CommandIdOf("other")));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("A-1.b_c:9", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("ä", false)]
    public void Ids_of_commands_are_plain(string id, bool isId) => Assert.Equal(isId, RemoteCommands.IsId(id));

    private static Allegiance Obey(Allegiance state, AllegianceCommands.Drain drain) => state.Apply(state.Decide(drain, At).Event!);
}
