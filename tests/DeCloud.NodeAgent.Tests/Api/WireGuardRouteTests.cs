using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Tests.Overlay;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class WireGuardRouteTests : IAsyncLifetime
{
    private const string Psk = "FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=";
    private const string InPath = "-_IBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg";
    private const string Key = "+/IBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=";
    private ApiHost _host = null!;

    public async Task InitializeAsync() => _host = await ApiHost.StartAsync(("WireGuard:Address", "10.80.0.7/16"));

    public Task DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(InPath)]
    [InlineData(InPath + "=")]
    [InlineData("+%2FIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=")]
    public async Task A_peer_is_put_under_its_key_in_every_usual_form(string segment)
    {
        _host.WireGuard.Answers(m => m is OverlayCommands.SetPeer set ? new OverlayReply.PeerKept(Shown(set)) : null);

        var answer = await _host.Put($"/api/wireguard/peers/{segment}", $$"""{"endpoint":"192.0.2.9:51820","allowedIps":["10.80.9.0/24"],"keepaliveSeconds":25,"presharedKey":"{{Psk}}"}""");

        Assert.Equal((200, Key), (answer.Status, answer.Json.GetProperty("publicKey").GetString()));
        var command = _host.WireGuard.Last<OverlayCommands.SetPeer>();
        Assert.Equal((Key, Psk, 25), (command.PublicKey.Text, command.PresharedKey?.Reveal(), command.Wish.KeepaliveSeconds));
        Assert.DoesNotContain(Psk, answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short", """{"allowedIps":["10.80.9.0/24"]}""", "publicKey")]
    [InlineData(InPath, "{}", "allowedIps")]
    [InlineData(InPath, """{"allowedIps":[]}""", "allowedIps")]
    [InlineData(InPath, """{"allowedIps":"10.80.9.0/24"}""", "allowedIps")]
    [InlineData(InPath, """{"allowedIps":[null]}""", "allowedIps")]
    [InlineData(InPath, """{"allowedIps":["0.0.0.0/0"]}""", "allowedIps")]
    [InlineData(InPath, """{"allowedIps":["10.80.0.7"]}""", "allowedIps")]
    [InlineData(InPath, """{"allowedIps":["10.80.9.0/24"],"endpoint":"127.0.0.1:5100"}""", "endpoint")]
    [InlineData(InPath, """{"allowedIps":["10.80.9.0/24"],"keepaliveSeconds":70000}""", "keepaliveSeconds")]
    [InlineData(InPath, """{"allowedIps":["10.80.9.0/24"],"presharedKey":"hunter2"}""", "presharedKey")]
    [InlineData(InPath, """{"allowedIps":["10.80.9.0/24"],"psk":"x"}""", "psk")]
    public async Task What_is_wrong_is_told_by_field_before_anything_is_touched(string segment, string body, string field)
    {
        var answer = await _host.Put($"/api/wireguard/peers/{segment}", body);

        Assert.Equal((400, "invalid-request"), (answer.Status, answer.Problem));
        Assert.Equal([field], answer.ErrorFields);
        Assert.DoesNotContain("hunter2", answer.Text, StringComparison.Ordinal);
        Assert.Empty(_host.WireGuard.Received);
    }

    [Theory]
    [InlineData(FailureCodes.WireGuardOff, 409)]
    [InlineData(FailureCodes.PeerConflict, 409)]
    [InlineData(FailureCodes.IdempotencyConflict, 422)]
    [InlineData(FailureCodes.WireGuardUnavailable, 503)]
    public async Task Refusals_are_told(string code, int status)
    {
        _host.WireGuard.Answers(new OverlayReply.Refused(new(code, "Because.", true)));

        Assert.Equal((status, code), await _host.Put($"/api/wireguard/peers/{InPath}", """{"allowedIps":["10.80.9.0/24"]}""") is var put ? (put.Status, put.Problem) : default);
        Assert.Equal((status, code), await _host.Post("/api/wireguard/rotate") is var rotate ? (rotate.Status, rotate.Problem) : default);
        Assert.Equal((status, code), await _host.Delete($"/api/wireguard/peers/{InPath}") is var delete ? (delete.Status, delete.Problem) : default);
    }

    [Fact]
    public async Task The_overlay_is_shown_peers_are_removed_and_the_key_is_rotated()
    {
        var state = new OverlayState().Apply(new OverlayEvents.KeyRotated(1, OverlaySamples.Own, new("k", "h", "agent"), OverlaySamples.Now))
            .Apply(new OverlayEvents.PeerSet(OverlaySamples.Peer(psk: 1), new("k", "h", "api"), OverlaySamples.Now));
        var look = new OverlayLook(OverlaySamples.Sighting(OverlaySamples.Device(OverlaySamples.Seen(OverlaySamples.Peer())), false, OverlaySamples.Link()), OverlaySamples.Now, new HashSet<PublicKey>());
        _host.WireGuard.Answers(m => m switch
        {
            OverlayQueries.Get => new OverlayReply.Shown(state.View(OverlaySamples.Settings, new("up", null, OverlaySamples.Now), look, OverlaySamples.Now, new HashSet<PublicKey>())),
            OverlayCommands.RemovePeer => new OverlayReply.PeerGone(),
            OverlayCommands.Rotate => new OverlayReply.Rotated(new(OverlaySamples.Own.Text, 2)),
            _ => null,
        });

        var shown = (await _host.Get("/api/wireguard")).Json;
        Assert.Equal(("up", "kernel", OverlaySamples.Own.Text), (shown.GetProperty("state").GetString(), shown.GetProperty("implementation").GetString(), shown.GetProperty("publicKey").GetString()));
        var peer = shown.GetProperty("peers")[0];
        Assert.Equal(("connected", true, 100), (peer.GetProperty("state").GetString(), peer.GetProperty("hasPresharedKey").GetBoolean(), peer.GetProperty("receivedBytes").GetInt32()));

        Assert.Equal(204, (await _host.Delete($"/api/wireguard/peers/{InPath}")).Status);
        Assert.Equal(Key, _host.WireGuard.Last<OverlayCommands.RemovePeer>().PublicKey.Text);
        Assert.Equal(2, (await _host.Post("/api/wireguard/rotate")).Json.GetProperty("keyId").GetInt32());
        Assert.Equal(400, (await _host.Delete("/api/wireguard/peers/x")).Status);
    }

    private static WireGuardPeerResource Shown(OverlayCommands.SetPeer set) => new()
    {
        PublicKey = set.PublicKey.Text,
        AllowedIps = set.Wish.AllowedIps,
        KeepaliveSeconds = set.Wish.KeepaliveSeconds,
        HasPresharedKey = set.PresharedKey is not null,
        State = "absent",
        ReceivedBytes = 0,
        SentBytes = 0,
    };
}
