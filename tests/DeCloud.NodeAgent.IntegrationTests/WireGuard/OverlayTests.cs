using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>The overlay of three real agents on real WireGuard. Every test leaves the three as it found them: each reaches each.</summary>
public sealed class OverlayTests(OverlayLab lab) : IClassFixture<OverlayLab>
{
    /// <summary>How long an overlay may take to heal itself.</summary>
    private static readonly TimeSpan Healing = TimeSpan.FromSeconds(30);

    private OverlayNode A => lab.Nodes[0];

    private OverlayNode B => lab.Nodes[1];

    private OverlayNode C => lab.Nodes[2];

    [Fact]
    public async Task Three_nodes_reach_each_other_and_say_so()
    {
        foreach (var (one, other) in lab.Pairs())
        {
            Assert.True(await one.ReachesAsync(other));
        }

        var key = (await B.ShowAsync()).PublicKey;
        var shown = await Patience.UntilAsync("node 1 sees its session with node 2", Healing, async () => await A.ShowAsync() is var s && s.Peers.All(p => p.State == "connected") ? s : null);
        Assert.Equal(("up", "10.80.0.1/16", 1), (shown.State, shown.Address, shown.KeyId));
        var peer = shown.Peers.Single(p => p.PublicKey == key);
        Assert.True(peer.HasPresharedKey);
        Assert.Equal($"{B.Underlay}:51820", peer.CurrentEndpoint);
        Assert.True(peer is { ReceivedBytes: > 0, SentBytes: > 0, LastHandshakeAt: not null });
    }

    [Fact]
    public async Task A_deleted_interface_is_made_again_and_the_sessions_of_the_others_go_on()
    {
        var before = await B.HandshakesAsync();
        var clock = Stopwatch.StartNew();
        await A.RunAsync("ip", "link", "del", A.Interface);
        var others = B.PingAsync(C, 500);
        await A.ReachAsync(B, Healing);
        await A.ReachAsync(C, Healing);
        Assert.True(clock.Elapsed < Healing, $"It took {clock.Elapsed}.");
        Assert.Equal((500, 500), await others);
        var between = (await C.ShowAsync()).PublicKey!;
        AssertSameSession(before[between], (await B.HandshakesAsync())[between]);
    }

    [Fact]
    public async Task A_userspace_process_that_was_killed_is_started_again()
    {
        if ((await A.ShowAsync()).Implementation != "userspace")
        {
            return;
        }

        await LibvirtHost.SignalAsync("KILL", A.Userspace());
        await Patience.UntilAsync("the interface is gone", Healing, async () => !await A.ReachesAsync(B));
        await A.ReachAsync(B, Healing);
        await A.ReachAsync(C, Healing);
    }

    [Fact]
    public async Task A_peer_that_was_taken_away_comes_back_and_the_other_never_notices()
    {
        var (keyB, keyC) = ((await B.ShowAsync()).PublicKey!, (await C.ShowAsync()).PublicKey!);
        var before = (await A.HandshakesAsync())[keyC];
        var others = A.PingAsync(C, 500);
        await A.RunAsync("wg", "set", A.Interface, "peer", keyB, "remove");
        await A.ReachAsync(B, Healing);
        Assert.Equal((500, 500), await others);
        AssertSameSession(before, (await A.HandshakesAsync())[keyC]);
    }

    [Fact]
    public async Task Changes_of_one_peer_cost_another_not_a_single_packet()
    {
        var keyC = (await C.ShowAsync()).PublicKey!;
        var before = (await A.HandshakesAsync())[keyC];
        var others = A.PingAsync(C, 600);
        for (var i = 0; i < 20; i++)
        {
            await A.PeerWithAsync(B, keepalive: 2 + i, OverlayLab.SharedKey);
        }

        await A.PeerWithAsync(B, presharedKey: OverlayLab.SharedKey);
        Assert.Equal((600, 600), await others);
        AssertSameSession(before, (await A.HandshakesAsync())[keyC]);
        await A.ReachAsync(B, Healing);
    }

    [Fact]
    public async Task A_peer_that_moves_is_reached_at_its_new_endpoint()
    {
        var keyC = (await C.ShowAsync()).PublicKey!;
        var before = (await A.HandshakesAsync())[keyC];
        var (old, moved) = (B.Underlay, "192.0.2.77");

        // Silent, so that its own packets can't tell where it has gone.
        await B.RunAsync("ip", "link", "set", "dev", B.Interface, "down");
        await B.MoveAsync(moved);
        await A.PeerWithAsync(B, presharedKey: OverlayLab.SharedKey);
        await Patience.UntilAsync("node 1 has the new endpoint", Healing, async () => (await A.RunAsync("wg", "show", A.Interface, "endpoints")).Contains($"{moved}:51820", StringComparison.Ordinal));
        await A.ReachAsync(B, Healing);
        await C.PeerWithAsync(B);
        await C.ReachAsync(B, Healing);

        // And back without a word to anybody: its packets tell.
        await B.MoveAsync(old);
        await B.ReachAsync(A, Healing);
        await B.ReachAsync(C, Healing);
        await A.ReachAsync(B, Healing);
        AssertSameSession(before, (await A.HandshakesAsync())[keyC]);
        await A.PeerWithAsync(B, presharedKey: OverlayLab.SharedKey);
        await C.PeerWithAsync(B);
    }

    [Fact]
    public async Task A_rotated_key_works_once_the_peers_know_it_and_the_old_one_is_gone()
    {
        var keyB = (await B.ShowAsync()).PublicKey!;
        var old = (await C.ShowAsync()).PublicKey!;
        var before = (await A.HandshakesAsync())[keyB];
        var rotated = await C.RotateAsync();
        Assert.NotEqual(old, rotated.PublicKey);
        foreach (var node in new[] { A, B })
        {
            await node.ForgetAsync(old);
            await node.PeerWithAsync(C);
        }

        await A.ReachAsync(C, Healing);
        await C.ReachAsync(B, Healing);
        await Patience.UntilAsync("the old key is erased", Healing, () => Task.FromResult(Directory.GetFiles(Path.Combine(C.StatePath, "wireguard"), "private.*").Length == 1));
        AssertSameSession(before, (await A.HandshakesAsync())[keyB]);
        Assert.DoesNotContain(old, (await A.HandshakesAsync()).Keys);
    }

    [Fact]
    public async Task The_tunnel_outlives_an_agent_that_is_killed_and_the_next_one_takes_it_up_untouched()
    {
        var before = await A.HandshakesAsync();
        var process = (await A.ShowAsync()).Implementation == "userspace" ? A.Userspace() : 0;
        var traffic = A.PingAsync(B, 800);
        await A.KillAsync();
        await A.StartAsync();
        await A.UpAsync();
        Assert.Equal((800, 800), await traffic);
        Assert.All(await A.HandshakesAsync(), after => AssertSameSession(before[after.Key], after.Value));
        Assert.Equal(process, process == 0 ? 0 : A.Userspace());
    }

    [Fact]
    public async Task A_foreign_interface_of_the_same_name_is_not_touched()
    {
        await using var node = lab.Another(4);
        await node.PlugInAsync();
        await node.RunAsync("ip", "link", "add", "dev", node.Interface, "type", "bridge");
        await node.StartAsync();
        var shown = await Patience.UntilAsync("node 4 says so", Healing, async () => await node.ShowAsync() is { State: "unavailable" } s ? s : null);
        Assert.Contains("is not this agent's", shown.Reason, StringComparison.Ordinal);
        var link = await node.RunAsync("ip", "-j", "-d", "address", "show", "dev", node.Interface);
        Assert.Contains("\"info_kind\":\"bridge\"", link, StringComparison.Ordinal);
        Assert.DoesNotContain("ifalias", link, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Address, link, StringComparison.Ordinal);
        await node.RunAsync("ip", "link", "del", "dev", node.Interface);
        await node.UpAsync();
    }

    [Fact]
    [SuppressMessage("Interoperability", "CA1416", Justification = "Network namespaces are Linux's.")]
    public async Task Secrets_are_in_files_of_the_owner_alone_and_nowhere_else()
    {
        var folder = Path.Combine(A.StatePath, "wireguard");
        var keys = Directory.GetFiles(folder, "*.key");
        Assert.Equal(2, keys.Length);
        var secrets = new List<byte[]>();
        foreach (var key in keys)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));
            secrets.Add(Encoding.ASCII.GetBytes((await File.ReadAllTextAsync(key)).Trim()));
        }

        // A change makes wg run, whose arguments others could read while it does.
        var seen = new StringBuilder();
        for (var i = 0; i < 200 && !seen.ToString().Contains($"addconf\0{A.Interface}\0", StringComparison.Ordinal); i++)
        {
            await A.PeerWithAsync(B, keepalive: 3 + (i % 2), OverlayLab.SharedKey);
            for (var looks = 0; looks < 20; looks++)
            {
                AppendCommandLines(seen);
            }
        }

        Assert.Contains($"addconf\0{A.Interface}\0", seen.ToString(), StringComparison.Ordinal);
        await A.PeerWithAsync(B, presharedKey: OverlayLab.SharedKey);
        var places = Directory.GetFiles(A.StatePath, "journal.db*").Select(File.ReadAllBytes).Append(Encoding.UTF8.GetBytes(A.Log)).Append(Encoding.UTF8.GetBytes(seen.ToString())).ToList();
        Assert.All(secrets, secret => Assert.All(places, place => Assert.True(place.AsSpan().IndexOf(secret) < 0)));
        await A.ReachAsync(B, Healing);
    }

    /// <summary>The session is the same, or WireGuard renewed it in its own time, which is after 120 s.</summary>
    private static void AssertSameSession(long before, long after) => Assert.True(after == before || after - before >= 115, $"A new session after {after - before} s.");

    private static void AppendCommandLines(StringBuilder text)
    {
        foreach (var folder in Directory.GetDirectories("/proc").Where(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            try
            {
                text.Append(File.ReadAllText(Path.Combine(folder, "cmdline"))).Append('\n');
            }
            catch (IOException)
            {
                // It ended meanwhile.
            }
        }
    }
}
