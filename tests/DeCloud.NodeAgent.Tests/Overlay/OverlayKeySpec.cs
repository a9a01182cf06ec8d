using DeCloud.NodeAgent.Core.Overlay;
using DeCloud.NodeAgent.Infrastructure.WireGuard;
using Org.BouncyCastle.Math.EC.Rfc7748;

namespace DeCloud.NodeAgent.Tests.Overlay;

public sealed class OverlayKeySpec
{
    [Theory]
    [InlineData("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=", true)]
    [InlineData("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw", false)]
    [InlineData("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykx=", false)]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", false)]
    [InlineData("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8yk\n=", false)]
    [InlineData("HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=\n", false)]
    [InlineData("peer HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw= remove", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_public_key_has_one_text_only(string? text, bool isKey) => Assert.Equal(isKey, PublicKey.TryParse(text, out _));

    [Theory]
    [InlineData("-_IBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg")]
    [InlineData("-_IBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=")]
    [InlineData("+%2FIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=")]
    [InlineData("%2B%2fIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg%3D")]
    public void A_key_in_a_path_is_read_in_every_usual_form(string segment)
    {
        Assert.True(PublicKey.TryParseSegment(segment, out var key));
        Assert.Equal("+/IBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=", key.Text);
    }

    [Fact]
    public void Secrets_do_not_show_themselves()
    {
        Assert.Equal("(secret)", OverlaySamples.Private.ToString());
        var target = OverlaySamples.Target(new TargetPeer(OverlaySamples.Peer(), OverlaySamples.Shared, false)).ToString();
        Assert.DoesNotContain(OverlaySamples.Private.Reveal(), target, StringComparison.Ordinal);
        var change = WgChange.Between(OverlaySamples.Target(new TargetPeer(OverlaySamples.Peer(), OverlaySamples.Shared, false)), null, OverlaySamples.Now);
        Assert.DoesNotContain(OverlaySamples.Private.Reveal(), new OverlayStep.Configure("wg0", change).ToString(), StringComparison.Ordinal);
        Assert.Contains(OverlaySamples.Shared.Reveal(), change.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_are_clamped_and_another_implementation_finds_the_same_public_half()
    {
        for (var i = 0; i < 50; i++)
        {
            var key = Curve25519.NewPrivateKey();
            var bytes = Convert.FromBase64String(key.Reveal());
            Assert.Equal((0, 64), (bytes[0] & 7, bytes[31] & 192));
            var expected = new byte[32];
            X25519.GeneratePublicKey(bytes, 0, expected, 0);
            Assert.Equal(PublicKey.FromBytes(expected), Curve25519.PublicKeyOf(key));
        }
    }

    // Alice and Bob of RFC 7748, section 6.1.
    [Theory]
    [InlineData("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a", "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")]
    [InlineData("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb", "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")]
    public void The_public_half_is_that_of_the_rfc(string secret, string expected)
    {
        Assert.True(PrivateKey.TryParse(Convert.ToBase64String(Convert.FromHexString(secret)), out var key));
        Assert.Equal(PublicKey.FromBytes(Convert.FromHexString(expected)), Curve25519.PublicKeyOf(key));
    }
}
