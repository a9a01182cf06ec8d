using Akka.Actor;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Actors.Resources;
using DeCloud.NodeAgent.Actors.Warnings;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Remote;
using DeCloud.NodeAgent.Core.Vms;
using DeCloud.NodeAgent.Core.Warnings;
using DeCloud.NodeAgent.Tests.Actors;
using DeCloud.NodeAgent.Tests.Vms;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Warnings;

public sealed class WarningKeeperTests(ITestOutputHelper output) : NodeFixture(output)
{
    private readonly SupervisionBoard _supervision = new();
    private readonly WarningBoard _board = new();
    private string? _trouble;
    private WarningParts? _parts;

    protected override WarningParts Warnings => _parts ??= new(_board, new ResourceBoard(), _supervision, _ => Task.FromResult(Volatile.Read(ref _trouble)), "0.0.0.0:5100");

    [Fact]
    public async Task A_trouble_becomes_a_warning_that_can_be_acknowledged_and_outlives_a_restart()
    {
        await Connected();
        await Pass(TimeSpan.FromSeconds(10), () => Shown("api-without-tls") is { Active: true });
        var raised = Shown("api-without-tls")!;
        Assert.Equal(("warning", 1, null), (raised.Severity, raised.Count, raised.Acknowledged));
        Assert.NotEmpty(raised.Remedy);

        var kept = Assert.IsType<WarningReply.Kept>(await AskWarning(new WarningCommands.Acknowledge("api-without-tls", "socket", "known")));
        Assert.Equal(("socket", "known"), (kept.Warning.Acknowledged!.By, kept.Warning.Acknowledged.Note));

        await RestartNode();
        await Connected();
        await Pass(TimeSpan.FromSeconds(10), () => Shown("api-without-tls") is { Active: true, Acknowledged.Note: "known" });
        Assert.Equal((raised.FirstSeen, 1), (Shown("api-without-tls")!.FirstSeen, Shown("api-without-tls")!.Count));

        await AskWarning(new WarningCommands.Unacknowledge("api-without-tls", "socket"));
        Assert.Null(Shown("api-without-tls")!.Acknowledged);
        Assert.Equal(FailureCodes.WarningNotFound, Assert.IsType<WarningReply.Refused>(await AskWarning(new WarningCommands.Acknowledge("nothing", "api", null))).Failure.Code);
    }

    [Fact]
    public async Task Libvirt_that_is_lost_is_told_and_ends_when_it_is_back()
    {
        await Connected();
        Hypervisor.IsAway = true;
        Hypervisor.Lose("down for the test");
        await Pass(TimeSpan.FromSeconds(40), () => Shown("libvirt-lost") is { Active: true, Severity: "critical" });
        Hypervisor.IsAway = false;
        await Pass(TimeSpan.FromMinutes(3), () => Shown("libvirt-lost") is { Active: false });
    }

    [Fact]
    public async Task An_orchestrator_over_Akka_that_is_gone_for_long_is_told_and_one_that_is_replaced_is_not()
    {
        await Connected();
        Gauges.ChangeRemote(Clock.Now, _ => RemoteLink.To("first", Clock.Now).Ended("it detached", Clock.Now));
        await Looks(TimeSpan.FromMinutes(4));
        Assert.Null(Shown("remote-orchestrator-gone"));
        Gauges.ChangeRemote(Clock.Now, _ => RemoteLink.To("second", Clock.Now));
        await Looks(TimeSpan.FromSeconds(20));

        Gauges.ChangeRemote(Clock.Now, link => link.Ended("nothing was heard of it", Clock.Now));
        await Looks(TimeSpan.FromMinutes(4));
        Assert.Null(Shown("remote-orchestrator-gone"));
        await Looks(TimeSpan.FromMinutes(2));
        await Until(() => Shown("remote-orchestrator-gone") is { Active: true });
        Assert.Contains("nothing was heard of it", Shown("remote-orchestrator-gone")!.Detail, StringComparison.Ordinal);

        Gauges.ChangeRemote(Clock.Now, _ => RemoteLink.To("second", Clock.Now));
        await Looks(TimeSpan.FromMinutes(2));
        await Until(() => Shown("remote-orchestrator-gone") is { Active: false });
    }

    /// <summary>Lets virtual time pass, a look of the keeper at a time.</summary>
    private async Task Looks(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(5))
        {
            Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.Delay(10);
        }
    }

    [Fact]
    public async Task A_journal_that_cannot_be_written_is_told_all_the_same_and_stored_afterwards()
    {
        await Connected();
        await Pass(TimeSpan.FromSeconds(10), () => Shown("api-without-tls") is { Active: true });
        BreakableJournal.Of(Sys).IsBroken = true;
        Volatile.Write(ref _trouble, "disk full");
        await Pass(TimeSpan.FromMinutes(2), () => Shown("journal-trouble") is { Active: true });
        Assert.Equal(FailureCodes.JournalUnavailable, Assert.IsType<WarningReply.Refused>(await AskWarning(new WarningCommands.Acknowledge("journal-trouble", "api", null))).Failure.Code);

        _supervision.Failed("/user/node/x", Clock.Now, "bang");
        _supervision.Failed("/user/node/x", Clock.Now, "bang");
        _supervision.Failed("/user/node/x", Clock.Now, "bang");
        await Pass(TimeSpan.FromSeconds(20), () => _board.Current.Any(w => w is { Kind: "actor-failing", Active: true }));

        BreakableJournal.Of(Sys).IsBroken = false;
        Volatile.Write(ref _trouble, null);
        await Pass(TimeSpan.FromMinutes(2), () => Shown("journal-trouble") is { Active: false });
        await Until(() => BreakableJournal.Of(Sys).Written.Any(w => w.Event is WarningEvents.Raised { Kind: "actor-failing" }));
    }

    [Fact]
    public async Task What_happens_at_a_moment_is_told_for_a_while()
    {
        await Connected();

        // What is published before the keeper listens is not heard.
        await Pass(TimeSpan.FromSeconds(10), () => Shown("api-without-tls") is { Active: true });
        Sys.EventStream.Publish(PacketFilterTouched.Instance);
        await Pass(TimeSpan.FromSeconds(20), () => Shown("packet-filter-changed") is { Active: true });
    }

    [Fact]
    public async Task A_start_that_took_long_is_told_by_an_agent_that_did_not_see_it()
    {
        await Connected();
        var start = Hypervisor.Hold("start");
        var id = VmId.New();
        await Accepted(Samples.Create(id, "create"));
        await Until(() => Shown(id).Step?.Name == "start");
        Clock.Advance(TimeSpan.FromSeconds(4));
        await Task.Yield();
        start.SetResult();
        await Until(() => Shown(id) is { Status.State: "running", Step: null });
        Assert.InRange(Shown(id).LastStart!.Seconds, 4, 5);
        Assert.DoesNotContain(_board.Current, w => w.Kind == "vm-slow-start");

        await RestartNode();
        await Connected();
        await Pass(TimeSpan.FromSeconds(20), () => _board.Current.Any(w => w is { Kind: "vm-slow-start", Active: true, Severity: "info" } && w.Subject == $"vm/{id}"));
    }

    [Fact]
    public async Task Crashes_before_a_restart_of_the_agent_count_like_those_after_it()
    {
        await Connected();
        var id = await Running();
        await Crash(id);
        await Crash(id);
        Assert.DoesNotContain(_board.Current, w => w.Kind == "vm-crash-loop");

        await RestartNode();
        await Connected();
        await Crash(id);
        await Pass(TimeSpan.FromSeconds(10), () => _board.Current.Any(w => w is { Kind: "vm-crash-loop", Active: true } && w.Detail.StartsWith("It went down by itself 3 times", StringComparison.Ordinal)));
    }

    private async Task Crash(VmId id)
    {
        var before = Shown(id).Crashes;
        Hypervisor.Happen(id, PowerState.Stopped, PowerReason.Crashed);
        await Until(() => Shown(id).Crashes == before + 1);
        await Pass(TimeSpan.FromMinutes(1), () => Shown(id) is { Status.State: "running", Step: null });
    }

    private WarningResource? Shown(string id) => _board.Current.FirstOrDefault(w => w.Id == id);

    private Task<WarningReply> AskWarning(IWarningMessage command) => Node.Ask<WarningReply>(command, Timeout.InfiniteTimeSpan).WaitAsync(Wait);
}
