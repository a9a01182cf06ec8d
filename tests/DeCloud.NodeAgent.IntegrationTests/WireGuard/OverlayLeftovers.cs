using System.Globalization;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>
/// What an agent leaves on its host on purpose when it is killed: the rules of its VMs in the overlay, by which any interface <c>dcov…</c> that it does not know is dumb. In a network that
/// tests share, they would silence the VMs of the next.
/// </summary>
internal static class OverlayLeftovers
{
    /// <summary>Removes them.</summary>
    /// <param name="agentPort">The port of the agent's API, after which its tables are named.</param>
    public static async Task RemoveAsync(int agentPort)
    {
        foreach (var family in new[] { "inet", "bridge" })
        {
            await Tool.TryAsync("nft", "delete", "table", family, string.Create(CultureInfo.InvariantCulture, $"decloud_{agentPort}_overlay"));
        }
    }
}
