using DeCloud.NodeAgent.Core.Orchestration;
using DeCloud.NodeAgent.Infrastructure.Orchestrator;

namespace DeCloud.NodeAgent.Tests.Orchestration;

public sealed class IdentityTests
{
    [Theory]
    [InlineData(PeerSamples.Wallet)]
    [InlineData("0x2C7536E3605D9C16A7A3D7B1898E529396A65C23")]
    public void A_nodes_id_comes_from_machine_and_wallet_in_any_casing(string wallet) =>
        Assert.Equal(Guid.Parse("459c83de-861a-7a71-3a5f-705844e8c428"), NodeIdentity.NodeIdOf("machine-1", wallet));

    [Theory]
    [InlineData("de", "EU-Central")]
    [InlineData("DE", "eu-central")]
    public void The_settings_hash_does_not_see_casing(string country, string region) =>
        Assert.Equal("21e198c5fc9adb15b7eb1b9db65f10ffdc356a30b8b5ce495e1c9b56a5add210", NodeIdentity.SettingsHash(country, region, PeerSamples.Wallet));

    [Fact]
    public void The_message_names_what_the_orchestrator_looks_for_on_lines_of_their_own()
    {
        var lines = NodeIdentity.RegistrationMessage(PeerSamples.Settings with { Country = "DE", Region = "eu-central" }, PeerSamples.Terms, PeerSamples.Now).Split('\n');
        Assert.Contains("Machine ID: machine-1", lines);
        Assert.Contains("Country: DE", lines);
        Assert.Contains("Region: eu-central", lines);
        Assert.Contains("Timestamp: 2026-01-31T12:00:00Z", lines);
        Assert.Contains("Terms of Service version: 1.2", lines);
        Assert.Contains($"Terms of Service hash: {PeerSamples.Terms.Hash}", lines);
    }

    [Fact]
    public void A_signature_is_the_one_that_wallets_make()
    {
        Assert.True(WalletKey.TryParse(PeerSamples.WalletKey, out var key));
        Assert.Equal(PeerSamples.Wallet, key.Address);
        Assert.Equal("0xb91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a0291c", key.Sign("Some data"));
        Assert.DoesNotContain("4c0883", key.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_signature_leads_back_to_its_wallet_and_to_no_other_text()
    {
        Assert.True(WalletKey.TryParse(PeerSamples.WalletKey, out var key));
        for (var i = 0; i < 20; i++)
        {
            var text = $"text {i}: ünïcode\n";
            Assert.Equal(PeerSamples.Wallet, WalletKey.RecoverAddress(text, key.Sign(text)));
            Assert.NotEqual(PeerSamples.Wallet, WalletKey.RecoverAddress(text + " ", key.Sign(text)));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x1234")]
    [InlineData("0x0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")]
    [InlineData("0xzz0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")]
    public void What_is_no_private_key_is_refused(string text) => Assert.False(WalletKey.TryParse(text, out _));

    [Theory]
    [InlineData(PeerSamples.Wallet, true)]
    [InlineData("0x0000000000000000000000000000000000000000", false)]
    [InlineData("2c7536e3605d9c16a7a3d7b1898e529396a65c23", false)]
    public void A_wallet_has_an_address_that_is_not_zero(string text, bool isWallet) => Assert.Equal(isWallet, NodeIdentity.IsWallet(text));

    [Fact]
    public void An_issued_key_tells_its_node_and_garbage_tells_nothing()
    {
        Assert.Equal("node-7", IssuedKey.NodeIdOf("x." + System.Buffers.Text.Base64Url.EncodeToString("""{"node_id":"node-7"}"""u8) + ".y"));
        Assert.Null(IssuedKey.NodeIdOf("x.!!!.y"));
        Assert.Null(IssuedKey.NodeIdOf("opaque"));
    }

    [Fact]
    public void A_push_is_believed_with_a_signature_over_its_bytes_and_time_alone()
    {
        var seconds = PeerSamples.Now.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        var signature = PushProof.Sign("key", seconds, "body"u8);
        Assert.True(PushProof.Holds("key", seconds, signature, "body"u8, PeerSamples.Now.AddSeconds(119)));
        Assert.False(PushProof.Holds("key", seconds, signature, "body"u8, PeerSamples.Now.AddSeconds(121)));
        Assert.False(PushProof.Holds("key", seconds, signature, "bodY"u8, PeerSamples.Now));
        Assert.False(PushProof.Holds("other", seconds, signature, "body"u8, PeerSamples.Now));
        Assert.False(PushProof.Holds("key", seconds, null, "body"u8, PeerSamples.Now));
        Assert.False(PushProof.Holds("key", "99999999999999999", signature, "body"u8, PeerSamples.Now));
    }

    [Fact]
    public void Pushes_are_listened_to_some_at_once_and_then_one_a_second()
    {
        var allowance = new PushAllowance(PushAllowance.Most, PeerSamples.Now);
        var taken = 0;
        for (var i = 0; i < 1000; i++)
        {
            (allowance, var isAllowed) = allowance.Take(PeerSamples.Now.AddMilliseconds(i * 10));
            taken += isAllowed ? 1 : 0;
        }

        Assert.InRange(taken, PushAllowance.Most + 8, PushAllowance.Most + 11);
    }
}
