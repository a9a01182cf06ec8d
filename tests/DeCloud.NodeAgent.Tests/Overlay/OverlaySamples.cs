using System.Collections.Immutable;
using System.Net;
using DeCloud.NodeAgent.Core.Overlay;

namespace DeCloud.NodeAgent.Tests.Overlay;

/// <summary>A node and its peers.</summary>
internal static class OverlaySamples
{
    public static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly PublicKey Own = PublicKey.Parse("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=");
    public static readonly InterfaceAddress Address = new(IPAddress.Parse("10.80.0.7"), 16);
    public static readonly OverlaySettings Settings = new("wg0", 51820, Address);

    public static PrivateKey Private { get; } = PrivateKey.TryParse("yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=", out var key) ? key : throw new InvalidOperationException();

    public static PresharedKey Shared { get; } = PresharedKey.TryParse("FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=", out var key) ? key : throw new InvalidOperationException();

    public static PublicKey Key(byte number) => PublicKey.FromBytes([.. Enumerable.Repeat(number, 32)]);

    public static OverlayPeer Peer(byte number = 1, string? endpoint = "192.0.2.1:51820", int keepalive = 25, int? psk = null) =>
        new(Key(number), endpoint, [$"10.80.{number}.0/24"], keepalive, psk);

    public static OverlayTarget Target(params TargetPeer[] peers) => new("wg0", "our mark", Address, 51820, Private, Own, [.. peers]);

    public static SeenPeer Seen(OverlayPeer peer, TimeSpan? age = null, string? endpoint = null, PresharedKey? psk = null, ImmutableArray<string>? allowed = null, int? keepalive = null) =>
        new(peer.PublicKey, psk, endpoint ?? peer.Endpoint, allowed ?? peer.AllowedIps, Now - (age ?? TimeSpan.FromSeconds(60)), 100, 200, keepalive ?? peer.KeepaliveSeconds);

    public static SeenLink Link(string name = "wg0", string? alias = "our mark", bool isUp = true, params InterfaceAddress[] addresses) =>
        new(name, "wireguard", alias, isUp, addresses.Length == 0 ? [Address] : [.. addresses]);

    public static OverlaySighting Sighting(SeenDevice? device, bool isBeingMade = false, params SeenLink[] links) => new([.. links], device, isBeingMade);

    public static SeenDevice Device(params SeenPeer[] peers) => new(Own, 51820, [.. peers]);
}
