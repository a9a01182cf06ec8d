using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Contracts.Rest;
using Xunit.Abstractions;

namespace DeCloud.NodeAgent.Tests.Inspection;

public sealed class ActorInspectorTests : TestKit
{
    private const string Path = "/user/parent/child";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SupervisionBoard _supervision = new();
    private readonly DeadLetterBoard _deadLetters = new();
    private readonly ActorInspector _inspector;
    private readonly IActorRef _parent;

    public ActorInspectorTests(ITestOutputHelper output)
        : base(ConfigurationFactory.ParseString(InspectionHosting.Settings).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = WARNING")), "node", output)
    {
        Observer.Start(Sys, _supervision, _deadLetters);
        _inspector = new(Sys, _supervision, _deadLetters, TimeProvider.System);
        _parent = Sys.ActorOf(Props.Create(() => new Parent(() => Props.Create(() => new Child()))), "parent");
    }

    [Fact]
    public async Task The_tree_is_read_by_path_and_bounded_in_depth_and_number()
    {
        await Until(() => _inspector.Show(Path) is not null && _inspector.Show("/user/parent") is { State: "ready" });
        var all = _inspector.List("/user", int.MaxValue, 100)!;
        Assert.Equal(["/user", "/user/parent", Path], all.Actors.Select(a => a.Path).Where(p => !p.Contains("testActor", StringComparison.Ordinal)));
        Assert.False(all.Truncated);
        var parent = all.Actors.Single(a => a.Path == "/user/parent");
        Assert.Equal(("Parent", 1, "ready"), (parent.Type, parent.Children, parent.State));

        Assert.DoesNotContain(_inspector.List("/user", 1, 100)!.Actors, a => a.Path == Path);
        Assert.True(_inspector.List("/user", int.MaxValue, 1) is { Truncated: true, Actors.Count: 1 });
        Assert.Equal([Path], _inspector.List(Path, int.MaxValue, 100)!.Actors.Select(a => a.Path));
        Assert.Null(_inspector.List("/user/nobody", 1, 1));
        Assert.Null(_inspector.Show("/user/parent/child/deeper"));
    }

    [Fact]
    public async Task An_actor_that_hangs_is_seen_with_what_it_does_and_what_waits()
    {
        using var gate = new ManualResetEventSlim();
        await Until(() => _inspector.Show(Path) is not null);
        for (var i = 0; i < 4; i++)
        {
            _parent.Tell(new Hold(gate));
        }

        await Until(() => _inspector.Show(Path) is { State: "busy", Mailbox: 3 });
        var seen = _inspector.Show(Path)!;
        Assert.Equal(("Hold", 1L), (seen.Doing, seen.Messages));
        gate.Set();
        await Until(() => _inspector.Show(Path) is { State: "ready", Mailbox: 0, Messages: 4, Doing: null });
    }

    [Fact]
    public async Task A_failure_is_told_with_its_cause_and_the_next_start_counts_as_a_restart()
    {
        await Until(() => _inspector.Show(Path)?.Supervision.Count == 1);
        Assert.Equal(("started", 0), (_inspector.Show(Path)!.Supervision[0].Kind, _inspector.Show(Path)!.Restarts));

        _parent.Tell(new Break("the disk is gone"));

        await Until(() => _inspector.Show(Path) is { Restarts: 1 });
        var seen = _inspector.Show(Path)!;
        Assert.Equal("InvalidOperationException: the disk is gone", seen.LastFailure!.Message);
        Assert.Equal(["failed", "started", "started", "stopped"], seen.Supervision.Select(s => s.Kind).Order());
        Assert.Equal(1, _supervision.Restarts);
    }

    [Fact]
    public async Task A_stop_without_a_failure_counts_as_no_restart()
    {
        await Until(() => _inspector.Show(Path) is not null);
        Sys.ActorSelection(Path).Tell(PoisonPill.Instance);
        await Until(() => _inspector.Show(Path)?.Supervision.Count(s => s.Kind == "started") == 2);
        Assert.Equal(0, _inspector.Show(Path)!.Restarts);
    }

    [Fact]
    public async Task A_tail_tells_messages_lines_and_failures_across_a_restart_and_keeps_secrets()
    {
        using var end = new CancellationTokenSource(Patience);
        await Until(() => _inspector.Show(Path) is not null);
        var seen = new List<TailResource>();
        var tail = Follow(seen, end.Token);
        await Until(() => Told(seen, t => t.Kind == "message"), () => _parent.Tell(new Whisper(7, "s3cret")));
        _parent.Tell(new Say("hello"));
        _parent.Tell(new Break("bang"));
        await Until(() => Told(seen, t => t is { Kind: "warning", Text: "hello", Type: "Child" }) && Told(seen, t => t.Kind == "failed" && t.Text.Contains("bang", StringComparison.Ordinal)) && Told(seen, t => t.Kind == "started"));
        // Its successor has another mailbox, which is found by itself.
        await Until(() => Told(seen, t => t is { Kind: "message", Text: "Number=8" }), () => _parent.Tell(new Whisper(8, "s3cret")));
        await end.CancelAsync();
        await tail;

        Assert.Contains(seen, t => t is { Kind: "message", Type: "Whisper", Text: "Number=7" });
        Assert.DoesNotContain(seen, t => t.Text.Contains("s3cret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flood_is_dropped_and_counted_and_the_actor_does_not_wait()
    {
        const int Flood = 20_000;
        using var end = new CancellationTokenSource(Patience);
        await Until(() => _inspector.Show(Path) is not null);
        var seen = new List<TailResource>();
        var tail = Follow(seen, end.Token);
        await Until(() => Told(seen, t => t.Kind == "message"), () => _parent.Tell(new Whisper(0, "")));
        var before = _inspector.Show(Path)!.Messages;
        for (var i = 0; i < Flood; i++)
        {
            _parent.Tell(new Whisper(i, ""));
        }

        await Until(() => _inspector.Show(Path)!.Messages >= before + Flood && Told(seen, t => t.Kind == "dropped"));
        await end.CancelAsync();
        await tail;
        lock (seen)
        {
            Assert.True(seen.Count < Flood / 2, $"{seen.Count} were told");
        }
    }

    [Fact]
    public async Task Nothing_is_watched_any_more_when_nobody_looks()
    {
        using var end = new CancellationTokenSource(Patience);
        await Until(() => _inspector.Show(Path) is not null);
        var seen = new List<TailResource>();
        var tail = Follow(seen, end.Token);
        await Until(() => Told(seen, t => t.Kind == "message"), () => _parent.Tell(new Whisper(1, "")));
        await end.CancelAsync();
        await tail;

        Assert.False(new ActorTree(Sys).Find(Path)!.Value.Queue!.IsWatched);
        await Until(() => !_inspector.List("/system", 1, 1000)!.Actors.Any(a => a.Type == "LogListener"));
    }

    [Fact]
    public async Task The_busiest_come_first_with_their_rates()
    {
        using var gate = new ManualResetEventSlim();
        await Until(() => _inspector.Show(Path) is not null);
        _parent.Tell(new Hold(gate));
        _parent.Tell(new Whisper(1, ""));
        var top = await _inspector.TopAsync(2, default);
        gate.Set();

        Assert.Equal((Path, 1, true), (top.Actors[0].Path, top.Actors[0].Mailbox, top.Actors[0].BusyPercent > 90));
        Assert.Equal(2, top.Actors.Count);

        using var done = new CancellationTokenSource();
        var telling = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                _parent.Tell(new Whisper(2, ""));
                await Task.Delay(5);
            }
        });
        var rates = await _inspector.TopAsync(500, default);
        await done.CancelAsync();
        await telling;
        Assert.InRange(rates.Actors.Single(a => a.Path == Path).RatePerSecond, 10, 250);
    }

    [Fact]
    public async Task Dead_letters_are_kept_counted_and_followed()
    {
        using var end = new CancellationTokenSource(Patience);
        var seen = new List<DeadLetterResource>();
        var following = Task.Run(async () =>
        {
            try
            {
                await foreach (var letter in _inspector.DeadLettersAsync(end.Token))
                {
                    lock (seen)
                    {
                        seen.Add(letter);
                    }
                }
            }
            catch (OperationCanceledException)
            {
            }
        });
        await Until(() => Told(seen, l => l.To == "/user/nobody"), () => Sys.ActorSelection("/user/nobody").Tell(new Whisper(3, "s3cret")));
        await Until(() => _deadLetters.Read().DeadLetters.Any(l => l is { Type: "Whisper", Text: "Number=3" }));
        for (var i = 0; i < 150; i++)
        {
            Sys.ActorSelection("/user/nobody").Tell(new Whisper(i, ""));
        }

        await Until(() => _deadLetters.Read() is { Total: > 150, DeadLetters.Count: 100 });
        await end.CancelAsync();
        await following;
    }

    [Fact]
    public async Task What_was_put_aside_is_taken_again_in_its_order()
    {
        var stasher = Sys.ActorOf(Props.Create(() => new Stasher()), "stasher");
        foreach (var line in new[] { "a", "b", "open", "c" })
        {
            stasher.Tell(new Say(line), TestActor);
        }

        Assert.Equal("a", await ExpectMsgAsync<string>(Patience));
        Assert.Equal("b", await ExpectMsgAsync<string>(Patience));
        Assert.Equal("c", await ExpectMsgAsync<string>(Patience));
        Assert.Equal(6, _inspector.Show("/user/stasher")!.Messages);
    }

    private Task Follow(List<TailResource> seen, CancellationToken end) => Task.Run(
        async () =>
        {
            try
            {
                await foreach (var sight in _inspector.TailAsync(Path, end))
                {
                    lock (seen)
                    {
                        seen.Add(sight);
                    }
                }
            }
            catch (OperationCanceledException)
            {
            }
        },
        CancellationToken.None);

    private static bool Told<T>(List<T> seen, Func<T, bool> what)
    {
        lock (seen)
        {
            return seen.Exists(s => what(s));
        }
    }

    private static async Task Until(Func<bool> condition, Action? again = null)
    {
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "The condition did not come true in time.");
            again?.Invoke();
            await Task.Delay(10);
        }
    }
}
