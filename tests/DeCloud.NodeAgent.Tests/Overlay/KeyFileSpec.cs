using System.Diagnostics.CodeAnalysis;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.WireGuard;
using static DeCloud.NodeAgent.Tests.Overlay.OverlaySamples;

namespace DeCloud.NodeAgent.Tests.Overlay;

[SuppressMessage("Interoperability", "CA1416", Justification = "Modes of files are Linux's.")]
public sealed class KeyFileSpec : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("decloud-keys-");
    private readonly KeyFiles _keys;

    public KeyFileSpec() => _keys = new(Folder);

    private string Folder => Path.Join(_root.FullName, "wireguard");

    private IEnumerable<string> Names => Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_key_is_for_the_owner_alone_and_comes_back_as_it_was()
    {
        var made = await _keys.MakeAsync(1, default);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Join(Folder, "private.1.key")));
        Assert.Equal(made, Curve25519.PublicKeyOf(await _keys.LoadAsync(1, made, default)));
        Assert.Equal(["private.1.key"], Names);
    }

    [Fact]
    public async Task A_key_that_is_missing_damaged_or_another_is_said_to_be_and_not_replaced()
    {
        var made = await _keys.MakeAsync(1, default);
        await Refused(() => _keys.LoadAsync(2, made, default), FailureCodes.WireGuardUnavailable);
        await Refused(() => _keys.LoadAsync(1, Key(9), default), FailureCodes.WireGuardUnavailable);
        await File.WriteAllTextAsync(Path.Join(Folder, "private.1.key"), "not a key");
        await Refused(() => _keys.LoadAsync(1, made, default), FailureCodes.WireGuardUnavailable);
    }

    [Fact]
    public async Task What_an_earlier_try_left_under_a_number_is_replaced()
    {
        var left = await _keys.MakeAsync(2, default);
        await File.WriteAllTextAsync(Path.Join(Folder, "private.2.key.0.tmp"), "half");
        var made = await _keys.MakeAsync(2, default);
        Assert.NotEqual(left, made);
        Assert.Equal(["private.2.key"], Names);
    }

    [Fact]
    public async Task A_link_that_was_planted_is_not_followed()
    {
        await _keys.MakeAsync(1, default);
        var elsewhere = Path.Join(_root.FullName, "elsewhere");
        await File.WriteAllTextAsync(elsewhere, Private.Reveal());
        File.CreateSymbolicLink(Path.Join(Folder, "private.2.key"), elsewhere);
        await Refused(() => _keys.LoadAsync(2, Curve25519.PublicKeyOf(Private), default), FailureCodes.HostError);
        await Refused(() => _keys.MakeAsync(2, default), FailureCodes.HostError);
        Assert.Equal(Private.Reveal(), await File.ReadAllTextAsync(elsewhere));
    }

    [Fact]
    public async Task The_same_preshared_key_keeps_its_number_and_another_gets_the_next()
    {
        Assert.Equal(1, await _keys.KeepAsync(Key(1), null, 1, Shared, default));
        Assert.Equal(1, await _keys.KeepAsync(Key(1), 1, 2, Shared, default));
        Assert.True(PresharedKey.TryParse(Key(3).Text, out var other));
        Assert.Equal(2, await _keys.KeepAsync(Key(1), 1, 2, other, default));
        Assert.True(other.IsSameAs(await _keys.LoadAsync(Key(1), 2, default)));
    }

    [Fact]
    public async Task What_is_no_longer_used_is_erased_and_what_is_in_the_making_stays()
    {
        foreach (var id in Enumerable.Range(1, 3))
        {
            await _keys.MakeAsync(id, default);
            await _keys.KeepAsync(Key(1), null, id, Shared, default);
        }

        await File.WriteAllTextAsync(Path.Join(Folder, "notes.txt"), "the operator's");
        var state = new OverlayState()
            .Apply(new OverlayEvents.KeyRotated(2, Own, new("a", "h", "api"), Now))
            .Apply(new OverlayEvents.PeerSet(Peer(1, psk: 2), new("b", "h", "api"), Now));
        await _keys.SweepAsync(state, default);
        Assert.Equal(["2", "3"], Names.Where(n => n.StartsWith("peer.", StringComparison.Ordinal)).Select(n => n.Split('.')[2]));
        Assert.Equal(["notes.txt", "private.2.key", "private.3.key"], Names.Where(n => !n.StartsWith("peer.", StringComparison.Ordinal)));
    }

    private static async Task Refused(Func<Task> call, string code) => Assert.Equal(code, (await Assert.ThrowsAsync<FailureException>(call)).Failure.Code);
}
