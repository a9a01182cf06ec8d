using DeCloud.NodeAgent.Infrastructure.Nftables;
using DeCloud.NodeAgent.IntegrationTests.WireGuard;

namespace DeCloud.NodeAgent.IntegrationTests.Nftables;

/// <summary>What the kernel tells of the rules of others, by which the agent knows that libvirt changed its chains.</summary>
public sealed class OthersRulesTests
{
    private const byte IPv4 = 2;

    [Fact]
    public async Task Packets_that_are_counted_are_no_change_and_every_change_of_a_rule_is_one()
    {
        var table = "decloud_test_" + Guid.NewGuid().ToString("n")[..6];
        await Tool.RunAsync("nft", $"add table ip {table}; add chain ip {table} c {{ type filter hook output priority 0; }}; add rule ip {table} c oifname lo counter accept");
        try
        {
            using var kernel = NfTables.Open();
            var before = kernel.Rules(IPv4, table, "c");
            Assert.NotEmpty(before);
            await Tool.RunAsync("ping", "-c", "1", "127.0.0.1");
            Assert.DoesNotContain("packets 0 ", await Tool.RunAsync("nft", $"list chain ip {table} c"), StringComparison.Ordinal);
            Assert.Equal(before, kernel.Rules(IPv4, table, "c"));

            await Tool.RunAsync("nft", $"insert rule ip {table} c oifname lo counter");
            var inserted = kernel.Rules(IPv4, table, "c");
            Assert.NotEqual(before, inserted);
            await Tool.RunAsync("nft", $"flush chain ip {table} c; add rule ip {table} c oifname lo counter; add rule ip {table} c oifname lo counter accept");
            Assert.NotEqual(inserted, kernel.Rules(IPv4, table, "c"));
            await Tool.RunAsync("nft", $"flush chain ip {table} c");
            Assert.Empty(kernel.Rules(IPv4, table, "c"));
            Assert.Empty(kernel.Rules(IPv4, table, "nothing"));
        }
        finally
        {
            await Tool.TryAsync("nft", $"delete table ip {table}");
        }
    }
}
