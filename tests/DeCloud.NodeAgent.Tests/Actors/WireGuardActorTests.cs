using Akka.Actor;
using Akka.Event;
using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Tests.Overlay;
using DeCloud.NodeAgent.Tests.Simulation;
using Xunit.Abstractions;
using Failure = DeCloud.NodeAgent.Core.Node.Failure;

namespace DeCloud.NodeAgent.Tests.Actors;

public sealed class WireGuardActorTests(ITestOutputHelper output) : NodeFixture(output)
{
    private static readonly PublicKey A = OverlaySamples.Key(1);
    private static readonly PublicKey B = OverlaySamples.Key(2);

    protected override OverlaySettings OverlaySettings => OverlaySamples.Settings;

    [Fact]
    public async Task The_first_start_makes_a_key_and_the_interface()
    {
        var up = await Up();
        Assert.Equal(("up", "kernel", 1, "10.80.0.7/16"), (up.State, up.Implementation, up.KeyId, up.Address));
        Assert.Equal(up.PublicKey, Overlay.Key?.Text);
        Assert.Equal(SimulatedOverlay.Mark, Overlay.Link("wg0")?.Alias);
    }

    [Fact]
    public async Task Peers_and_key_survive_a_restart_and_nothing_is_touched()
    {
        await Up();
        await Set(A, OverlaySamples.Shared);
        await Until(() => Overlay.Peers.Contains(A));
        var before = await Get();
        var steps = Overlay.Steps.Count;
        await RestartNode();
        var after = await Up();
        Assert.Equal((before.PublicKey, before.Peers[0] with { AllowedIps = [] }), (after.PublicKey, after.Peers[0] with { AllowedIps = [] }));
        Assert.Equal(steps, Overlay.Steps.Count);
    }

    [Fact]
    public async Task What_is_taken_away_comes_back_within_ten_seconds()
    {
        await Up();
        await Set(A);
        await Until(() => Overlay.Peers.Contains(A));
        Overlay.Remove("wg0");
        await Pass(TimeSpan.FromSeconds(11), () => Overlay.Peers.Contains(A) && Overlay.Link("wg0") is { IsUp: true });
        Overlay.RemovePeer(A);
        await Pass(TimeSpan.FromSeconds(11), () => Overlay.Peers.Contains(A));
    }

    [Fact]
    public async Task The_same_peer_again_changes_nothing_and_removing_one_that_is_gone_is_no_error()
    {
        await Up();
        await Set(A, OverlaySamples.Shared);
        await Until(() => Overlay.Peers.Contains(A));
        var steps = Overlay.Steps.Count;
        var again = await Set(A, OverlaySamples.Shared);
        Assert.True(again.HasPresharedKey);
        Assert.Equal(steps, Overlay.Steps.Count);
        Assert.Single(Overlay.Files, f => f.Key.StartsWith(A.Text, StringComparison.Ordinal));
        Assert.IsType<OverlayReply.PeerGone>(await Ask(new OverlayCommands.RemovePeer(A, Key())));
        await Until(() => Overlay.Peers.Count == 0 && !Overlay.Files.Keys.Any(f => f.StartsWith(A.Text, StringComparison.Ordinal)));
        Assert.IsType<OverlayReply.PeerGone>(await Ask(new OverlayCommands.RemovePeer(A, Key())));
    }

    [Fact]
    public async Task An_old_request_that_comes_again_does_not_undo_a_newer_one()
    {
        await Up();
        var first = new OverlayCommands.SetPeer(A, new("192.0.2.1:1", ["10.80.1.0/24"], 0), null, new("k1", "h1", "api"));
        Assert.IsType<OverlayReply.PeerKept>(await Ask(first));
        Assert.IsType<OverlayReply.PeerKept>(await Ask(first with { Wish = new("192.0.2.1:2", ["10.80.1.0/24"], 0), Request = new("k2", "h2", "api") }));
        Assert.Equal("192.0.2.1:2", Assert.IsType<OverlayReply.PeerKept>(await Ask(first)).Peer.Endpoint);
        Assert.Equal(FailureCodes.IdempotencyConflict, (await Refused(first with { Request = new("k1", "other", "api") })).Code);
    }

    [Fact]
    public async Task Peers_that_would_speak_for_anothers_are_refused_and_nothing_changes()
    {
        await Up();
        await Set(A);
        Assert.Equal(FailureCodes.PeerConflict, (await Refused(new OverlayCommands.SetPeer(B, new(null, ["10.80.1.7/32"], 0), null, Key()))).Code);
        Assert.Equal(FailureCodes.PeerConflict, (await Refused(new OverlayCommands.SetPeer(B, new(null, ["0.0.0.0/0"], 0), null, Key()))).Code);
        Assert.Equal([A.Text], (await Get()).Peers.Select(p => p.PublicKey));
    }

    [Fact]
    public async Task Rotation_puts_a_new_key_to_use_erases_the_old_and_is_done_once_a_request()
    {
        var before = await Up();
        var request = Key();
        var rotated = Assert.IsType<OverlayReply.Rotated>(await Ask(new OverlayCommands.Rotate(request))).Key;
        Assert.Equal(2, rotated.KeyId);
        Assert.NotEqual(before.PublicKey, rotated.PublicKey);
        await Until(() => Overlay.Key?.Text == rotated.PublicKey && !Overlay.Files.ContainsKey("private.1"));
        Assert.Equal(rotated, Assert.IsType<OverlayReply.Rotated>(await Ask(new OverlayCommands.Rotate(request))).Key);
        await RestartNode();
        Assert.Equal(rotated.PublicKey, (await Up()).PublicKey);
        Assert.Equal(rotated, Assert.IsType<OverlayReply.Rotated>(await Ask(new OverlayCommands.Rotate(request))).Key);
    }

    [Fact]
    public async Task A_host_without_the_tools_is_told_what_is_missing_takes_peers_all_the_same_and_recovers()
    {
        await Up();
        Overlay.Broken = "Install wireguard-tools.";
        Overlay.Remove("wg0");
        await Pass(TimeSpan.FromSeconds(12), () => GetNow().State == "unavailable");
        Assert.Equal("Install wireguard-tools.", (await Get()).Reason);
        Assert.Equal("absent", (await Set(A)).State);
        Overlay.Broken = null;
        await Pass(TimeSpan.FromSeconds(12), () => GetNow().State == "up" && Overlay.Peers.Contains(A));
    }

    [Fact]
    public async Task A_foreign_interface_is_left_alone_and_said_to_be()
    {
        await Up();
        Overlay.Remove("wg0");
        Overlay.Plant(new("wg0", "bridge", null, true, []));
        var steps = Overlay.Steps.Count;
        await Pass(TimeSpan.FromSeconds(12), () => GetNow().State == "unavailable");
        Assert.Contains("is not this agent's", GetNow().Reason, StringComparison.Ordinal);
        Assert.Equal(steps, Overlay.Steps.Count);
    }

    [Fact]
    public async Task A_key_that_vanished_is_not_replaced_in_silence_but_on_request()
    {
        await Up();
        Overlay.Files.Clear();
        await Pass(TimeSpan.FromSeconds(12), () => GetNow().State == "unavailable");
        Assert.IsType<OverlayReply.Rotated>(await Ask(new OverlayCommands.Rotate(Key())));
        await Pass(TimeSpan.FromSeconds(12), () => GetNow().State == "up");
    }

    [Fact]
    public async Task A_peer_whose_preshared_key_vanished_is_left_out_and_the_others_stay()
    {
        await Up();
        await Set(A, OverlaySamples.Shared);
        await Set(B);
        await Until(() => Overlay.Peers.Count == 2);
        foreach (var name in Overlay.Files.Keys.Where(f => f.StartsWith(A.Text, StringComparison.Ordinal)))
        {
            Overlay.Files.TryRemove(name, out _);
        }

        await Pass(TimeSpan.FromSeconds(12), () => Overlay.Peers.Count == 1);
        await Until(() => GetNow().Peers.Single(p => p.PublicKey == A.Text).Problem is not null);
        Assert.Equal([B], Overlay.Peers);
        await Set(A, OverlaySamples.Shared);
        await Until(() => Overlay.Peers.Count == 2);
    }

    [Fact]
    public async Task A_disk_that_is_full_refuses_the_request_and_the_next_one_is_heard()
    {
        await Up();
        Overlay.KeyFault = FailureException.Transient(FailureCodes.HostError, "disk full");
        Assert.Equal(FailureCodes.HostError, (await Refused(new OverlayCommands.SetPeer(A, Wish(A), OverlaySamples.Shared, Key()))).Code);
        Assert.Equal(FailureCodes.HostError, (await Refused(new OverlayCommands.Rotate(Key()))).Code);
        Overlay.KeyFault = null;
        await Set(A, OverlaySamples.Shared);
        await Until(() => Overlay.Peers.Contains(A));
    }

    [Fact]
    public async Task What_the_journal_could_not_store_is_not_done()
    {
        await Up();
        BreakableJournal.Of(Sys).BreakOnceAt(typeof(OverlayEvents.PeerSet));
        Assert.Equal(FailureCodes.JournalUnavailable, (await Refused(new OverlayCommands.SetPeer(A, Wish(A), null, Key()))).Code);

        // The part fell with its journal and is raised after a pause.
        await Pass(TimeSpan.FromSeconds(5), () => Ask(new OverlayQueries.Get()).GetAwaiter().GetResult() is OverlayReply.Shown { WireGuard.State: "up" });
        Assert.Empty(GetNow().Peers);
        await Set(A);
    }

    [Fact]
    public async Task Whoever_asks_a_part_that_falls_is_answered_at_once_that_nothing_was_done()
    {
        await Up();
        BreakableJournal.Of(Sys).BreakOnceAt(typeof(OverlayEvents.PeerSet));
        var first = Ask(new OverlayCommands.SetPeer(A, Wish(A), null, Key()));
        var behind = Enumerable.Range(0, 50).Select(_ => Ask(new OverlayQueries.Get())).ToList();
        Assert.Equal(FailureCodes.JournalUnavailable, Assert.IsType<OverlayReply.Refused>(await first).Failure.Code);
        Assert.All(await Task.WhenAll(behind), reply => Assert.Equal(FailureCodes.Restarting, Assert.IsType<OverlayReply.Refused>(reply).Failure.Code));
    }

    [Fact]
    public async Task What_nobody_asked_is_answered_to_nobody()
    {
        await Up();
        var part = await Sys.ActorSelection(Node.Path / "wireguard").ResolveOne(Wait);
        await part.GracefulStop(Wait);
        var lost = CreateTestProbe();
        Sys.EventStream.Subscribe(lost, typeof(DeadLetter));
        part.Tell(new OverlayQueries.Get(), ActorRefs.NoSender);
        Assert.IsType<OverlayReply.Refused>(await part.Ask<OverlayReply>(new OverlayQueries.Get(), Timeout.InfiniteTimeSpan).WaitAsync(Wait));
        Sys.EventStream.Publish(new DeadLetter("end", TestActor, TestActor));
        var letters = new List<object>();
        for (var letter = await lost.ExpectMsgAsync<DeadLetter>(Wait); letter.Message is not "end"; letter = await lost.ExpectMsgAsync<DeadLetter>(Wait))
        {
            letters.Add(letter.Message);
        }

        Assert.Equal(2, letters.OfType<OverlayQueries.Get>().Count());
        Assert.Empty(letters.OfType<OverlayReply>());
    }

    [Fact]
    public async Task No_secret_reaches_the_journal_or_the_view()
    {
        await Up();
        await Set(A, OverlaySamples.Shared);
        var shown = System.Text.Json.JsonSerializer.Serialize(await Get(), RestJson.Default.WireGuardResource);
        Assert.DoesNotContain(OverlaySamples.Shared.Reveal(), shown, StringComparison.Ordinal);
        Assert.All(Overlay.Files.Values, secret => Assert.DoesNotContain(secret, shown, StringComparison.Ordinal));
    }

    private static Core.Operations.Request Key() => new(Guid.NewGuid().ToString(), "hash", "api");

    private static PeerWish Wish(PublicKey key) => new("192.0.2.1:51820", [$"10.80.{Convert.FromBase64String(key.Text)[0]}.0/24"], 25);

    private new async Task<OverlayReply> Ask(object message) => await Node.Ask<OverlayReply>(message, Timeout.InfiniteTimeSpan).WaitAsync(Wait);

    private new async Task<Failure> Refused(object message) => Assert.IsType<OverlayReply.Refused>(await Ask(message)).Failure;

    private async Task<WireGuardPeerResource> Set(PublicKey key, PresharedKey? preshared = null) =>
        Assert.IsType<OverlayReply.PeerKept>(await Ask(new OverlayCommands.SetPeer(key, Wish(key), preshared, Key()))).Peer;

    private async Task<WireGuardResource> Get() => Assert.IsType<OverlayReply.Shown>(await Ask(new OverlayQueries.Get())).WireGuard;

    private WireGuardResource GetNow() => Get().GetAwaiter().GetResult();

    private async Task<WireGuardResource> Up()
    {
        await Until(async () => (await Get()).State == "up");
        return await Get();
    }
}

/// <summary>A node that takes part in no overlay.</summary>
public sealed class WireGuardOffTests(ITestOutputHelper output) : NodeFixture(output)
{
    [Fact]
    public async Task It_says_so_refuses_peers_and_never_touches_the_host()
    {
        Overlay.Plant(new("wg0", "wireguard", SimulatedOverlay.Mark + " of another", true, []));
        var shown = Assert.IsType<OverlayReply.Shown>(await Node.Ask<OverlayReply>(new OverlayQueries.Get(), Timeout.InfiniteTimeSpan).WaitAsync(Wait)).WireGuard;
        Assert.Equal(("off", null, null), (shown.State, shown.PublicKey, shown.ObservedAt));
        var refused = Assert.IsType<OverlayReply.Refused>(
            await Node.Ask<OverlayReply>(new OverlayCommands.Rotate(new("k", "h", "api")), Timeout.InfiniteTimeSpan).WaitAsync(Wait));
        Assert.Equal(FailureCodes.WireGuardOff, refused.Failure.Code);
        Assert.Empty(Overlay.Steps);
        Assert.Empty(Overlay.Files);
    }
}
