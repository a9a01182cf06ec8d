using System.Net;
using CsCheck;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Tests.Images;

public sealed class ImageUrlSpec
{
    private static readonly ImageUrlPolicy Strict = new("/srv/images", ["/srv/images/sha256", "/srv/images/downloads"], AllowHttp: false, new HashSet<int>());

    [Theory]
    [InlineData("https://example.org/a.img")]
    [InlineData("https://example.org:8443/a.img?token=1")]
    [InlineData("file:///srv/images/a.qcow2")]
    [InlineData("file:///srv/images/sub/b.raw")]
    [InlineData("file:///srv/images/./a")]
    public void Plain_addresses_are_accepted(string text) => Assert.True(Strict.TryAccept(text, isPinned: false, out _, out _));

    [Theory]
    [InlineData("")]
    [InlineData("a.img")]
    [InlineData("/srv/images/a.img")]
    [InlineData("//example.org/a")]
    [InlineData("http://example.org/a")]
    [InlineData("ftp://example.org/a")]
    [InlineData("gopher://example.org/a")]
    [InlineData("nbd://127.0.0.1:10809/a")]
    [InlineData("ssh://root@example.org/a")]
    [InlineData("json:{\"driver\":\"file\"}")]
    [InlineData("data:text/plain,a")]
    [InlineData("https://user@example.org/a")]
    [InlineData("https://user:word@example.org/a")]
    [InlineData("https://example.org/a b")]
    [InlineData("https://example.org/a\n")]
    [InlineData("https://example.org\\@evil/a")]
    [InlineData("file://server/srv/images/a")]
    [InlineData("file:///etc/shadow")]
    [InlineData("file:///srv/images/../../etc/shadow")]
    [InlineData("file:///srv/images/%2e%2e/%2e%2e/etc/shadow")]
    [InlineData("file:///srv/images/..%2f..%2fetc/shadow")]
    [InlineData("file:///srv/imagesevil/a")]
    [InlineData("file:///srv/images")]
    [InlineData("file:///srv/images/")]
    [InlineData("file:///srv/images/a%00b")]
    [InlineData("file:///srv/images/a?b")]
    [InlineData("file:///srv/images/sha256/0000")]
    [InlineData("file:///srv/images/x/../sha256/0000")]
    [InlineData("file:///srv/images/downloads/a.part")]
    public void Other_addresses_are_refused_for_good(string text)
    {
        Assert.False(Strict.TryAccept(text, isPinned: false, out _, out var refusal));
        Assert.Equal(FailureCodes.ImageUrlRefused, refusal!.Code);
        Assert.True(refusal.IsPermanent);
    }

    [Fact]
    public void Http_needs_a_hash_or_the_operators_leave()
    {
        Assert.True(Strict.TryAccept("http://example.org/a", isPinned: true, out _, out _));
        Assert.True((Strict with { AllowHttp = true }).TryAccept("http://example.org/a", isPinned: false, out _, out _));
    }

    [Fact]
    public void Only_listed_ports_are_used_when_there_is_a_list()
    {
        var policy = Strict with { Ports = new HashSet<int> { 443 } };
        Assert.True(policy.TryAccept("https://example.org/a", isPinned: false, out _, out _));
        Assert.False(policy.TryAccept("https://example.org:22/a", isPinned: false, out _, out _));
    }

    [Theory]
    [InlineData("file:///srv/images/a")]
    [InlineData("http://example.org/a")]
    [InlineData("https://user@example.org/a")]
    public void A_redirect_is_judged_like_an_address_and_never_leads_to_a_file(string target) =>
        Assert.False(Strict.TryAcceptRedirect(new Uri(target), isPinned: false, out _, out _));

    [Fact]
    public void What_is_shown_holds_no_query()
    {
        Assert.True(Strict.TryAccept("https://example.org/a.qcow2?X-Signature=secret", isPinned: false, out var url, out _));
        Assert.Equal("https://example.org/a.qcow2", url!.Shown);
        Assert.Equal(ImageFormat.Qcow2, url.Declared);
    }

    [Fact]
    public void No_text_whatever_makes_the_policy_throw_or_leads_out_of_the_folder() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["./%2efas"], 0, 30].Select(tail => "file:///srv/images/" + tail))
            .Sample(text => !Strict.TryAccept(text, isPinned: false, out var url, out _) || url!.FilePath is null || url.FilePath.StartsWith("/srv/images/", StringComparison.Ordinal), iter: 20_000);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("169.254.169.254")]
    [InlineData("169.254.1.1")]
    [InlineData("168.63.129.16")]
    [InlineData("192.0.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("ff02::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    public void Addresses_that_are_not_public_are_closed(string address) => Assert.False(ImageAddressPolicy.Allows(IPAddress.Parse(address), allowPrivate: false));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("2a00:1450:4001::200e")]
    public void Public_addresses_are_open(string address) => Assert.True(ImageAddressPolicy.Allows(IPAddress.Parse(address), allowPrivate: false));

    [Fact]
    public void The_operators_leave_opens_private_networks_but_no_metadata_service()
    {
        Assert.True(ImageAddressPolicy.Allows(IPAddress.Loopback, allowPrivate: true));
        Assert.True(ImageAddressPolicy.Allows(IPAddress.Parse("192.168.1.1"), allowPrivate: true));
        Assert.False(ImageAddressPolicy.Allows(IPAddress.Parse("169.254.169.254"), allowPrivate: true));
        Assert.False(ImageAddressPolicy.Allows(IPAddress.Parse("::ffff:169.254.169.254"), allowPrivate: true));
    }
}
