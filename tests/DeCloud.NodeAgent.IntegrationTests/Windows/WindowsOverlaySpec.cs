using System.Diagnostics.CodeAnalysis;
using System.Net;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.WireGuard;

namespace DeCloud.NodeAgent.IntegrationTests.Windows;

/// <summary>How the tunnel of WireGuard's app stands, told by a program in the place of <c>wg.exe</c> that prints what was recorded.</summary>
[SuppressMessage("Interoperability", "CA1416", Justification = "The program is a script, which Linux runs.")]
public sealed class WindowsOverlaySpec : IDisposable
{
    private const string Own = "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=";
    private const string Peer = "mBLWfKzKgQ+EpjTlSUl5yqKZGK9sVuDJlYHcQUXUm3Q=";
    private static readonly InterfaceAddress Address = new(IPAddress.Parse("10.80.0.7"), 16);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("decloud-wg-");

    [Fact]
    public async Task A_tunnel_that_runs_is_seen_with_its_peers_and_the_address_that_was_imported()
    {
        var seen = await Overlay($"printf '%s\\n' 'aaaa\t{Own}\t51820\toff' '{Peer}\t(none)\t192.0.2.2:51820\t10.80.2.0/24,10.80.0.2/32\t1795428932\t247644\t247848\t25'").LookAsync("wg0", "our mark", default);

        var link = Assert.Single(seen.Links);
        Assert.Equal(("wg0", "our mark", true), (link.Name, link.Alias, link.IsUp));
        Assert.Equal([Address], link.Addresses.ToArray());
        Assert.Equal((Own, 51820), (seen.Device!.PublicKey.ToString(), seen.Device.ListenPort));
        var peer = Assert.Single(seen.Device.Peers);
        Assert.Equal((Peer, "192.0.2.2:51820", 247644L, 25), (peer.PublicKey.ToString(), peer.Endpoint, peer.ReceivedBytes, peer.KeepaliveSeconds));
        Assert.Equal("show wg0 dump", (await File.ReadAllTextAsync(FileOf("asked"))).Trim());
    }

    [Fact]
    public async Task A_tunnel_that_is_not_active_is_seen_as_none()
    {
        var seen = await Overlay("echo \"Unable to access interface: No such file or directory\" >&2; exit 1").LookAsync("wg0", "our mark", default);
        Assert.Equal((0, (SeenDevice?)null), (seen.Links.Length, seen.Device));
        seen = await new WindowsOverlay(FileOf("missing.exe"), FileOf("tunnel"), Address).LookAsync("wg0", "our mark", default);
        Assert.Empty(seen.Links);
    }

    [Theory]
    [InlineData("echo nonsense", "wg show dump")]
    [InlineData("not executable", "wg.exe")]
    public async Task A_program_that_says_nothing_sensible_is_named_with_what_to_do(string script, string word)
    {
        var overlay = Overlay(script);
        if (script == "not executable")
        {
            File.SetUnixFileMode(FileOf("wg.exe"), UnixFileMode.UserRead);
        }

        var refused = await Assert.ThrowsAsync<FailureException>(() => overlay.LookAsync("wg0", "our mark", default));
        Assert.Equal((FailureCodes.WireGuardUnavailable, false), (refused.Failure.Code, refused.Failure.IsPermanent));
        Assert.Contains(word, refused.Message, StringComparison.Ordinal);
        Assert.Contains("https://www.wireguard.com/install", refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string FileOf(string name) => Path.Combine(_folder.FullName, name);

    private WindowsOverlay Overlay(string script)
    {
        File.WriteAllText(FileOf("wg.exe"), $"#!/bin/sh\necho \"$@\" >{FileOf("asked")}\n{script}\n");
        File.SetUnixFileMode(FileOf("wg.exe"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return new(FileOf("wg.exe"), FileOf("tunnel"), Address);
    }
}
