using System.Globalization;

namespace DeCloud.NodeAgent.Core.Overlay;

/// <summary>
/// Reads <c>wg show INTERFACE dump</c>: a line of private key, public key, port and firewall mark, then a line a peer of public key, preshared key, endpoint, allowed IPs, latest handshake in
/// seconds since 1970, bytes received, bytes sent and keepalive, each divided by tabs. Source: wg(8).
/// </summary>
public static class WgDump
{
    private const string None = "(none)";

    /// <summary>Reads the text.</summary>
    /// <param name="text">What wg printed. Holds secrets; nothing of it is kept but what is returned.</param>
    /// <exception cref="FormatException">It is not what wg(8) describes; the message repeats nothing of it.</exception>
    public static SeenDevice Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (lines.Length == 0 || lines[0].Split('\t') is not [_, var own, var port, _])
        {
            throw new FormatException("wg show dump did not begin with a line of four columns.");
        }

        return new(own == None ? null : Key(own), Number(port), [.. lines.Skip(1).Select(Peer)]);
    }

    private static SeenPeer Peer(string line)
    {
        if (line.Split('\t') is not [var key, var preshared, var endpoint, var allowed, var handshake, var received, var sent, var keepalive])
        {
            throw new FormatException("wg show dump has a peer without eight columns.");
        }

        var at = Long(handshake);
        return new(
            Key(key),
            PresharedKey.TryParse(preshared, out var secret) ? secret : null,
            endpoint == None ? null : endpoint,
            allowed == None ? [] : OverlayRules.Canonical(allowed.Split(',')),
            at == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(at),
            Long(received),
            Long(sent),
            keepalive == "off" ? 0 : Number(keepalive));
    }

    private static PublicKey Key(string text) => PublicKey.TryParse(text, out var key) ? key : throw new FormatException("wg show dump has a public key that is none.");

    private static int Number(string text) => checked((int)Long(text));

    private static long Long(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException("wg show dump has a number that is none.");
}
