using System.Globalization;
using System.Text;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>The file that WireGuard's app for Windows imports, in the form of wg-quick(8): besides what <c>wg</c> reads, the interface's address.</summary>
public static class TunnelFile
{
    /// <summary>The file. Holds secrets.</summary>
    /// <param name="target">What the tunnel shall be.</param>
    public static string Text(OverlayTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[Interface]\nPrivateKey = {target.PrivateKey.Reveal()}\nListenPort = {target.ListenPort}\nAddress = {target.Address}\n");
        foreach (var (peer, preshared, _) in target.Peers)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n[Peer]\nPublicKey = {peer.PublicKey}\n");
            text.Append(preshared is null ? "" : $"PresharedKey = {preshared.Reveal()}\n");
            text.Append(CultureInfo.InvariantCulture, $"AllowedIPs = {string.Join(", ", peer.AllowedIps)}\n");
            text.Append(peer.Endpoint is null ? "" : $"Endpoint = {peer.Endpoint}\n");
            text.Append(peer.KeepaliveSeconds == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"PersistentKeepalive = {peer.KeepaliveSeconds}\n"));
        }

        return text.ToString();
    }
}
