using System.Globalization;
using DeCloud.NodeAgent.Contracts.Remote;

namespace DeCloud.Orchestrator;

/// <summary>Reads a peer of the overlay from one word: <c>KEY[@ADDRESS:PORT],CIDR[,CIDR ...][,keepalive:SECONDS]</c>. A key in base64 has neither of the signs that part it from the rest.</summary>
internal static class PeerWords
{
    private const string Keepalive = "keepalive:";

    /// <summary>Reads a peer.</summary>
    /// <param name="text">The word.</param>
    /// <exception cref="FormatException">It is not understood; the message says why. Whether key, endpoint and networks are good is the node's to say.</exception>
    public static OverlayPeer Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts is not [var who, .. var rest] || who.StartsWith('@'))
        {
            throw new FormatException($"'{text}' is no peer; write KEY[@ADDRESS:PORT],CIDR[,CIDR ...][,keepalive:SECONDS]");
        }

        var at = who.IndexOf('@', StringComparison.Ordinal);
        var networks = rest.Where(p => !p.StartsWith(Keepalive, StringComparison.Ordinal)).ToList();
        var seconds = rest.LastOrDefault(p => p.StartsWith(Keepalive, StringComparison.Ordinal))?[Keepalive.Length..];
        return new(at < 0 ? who : who[..at], at < 0 ? null : who[(at + 1)..], networks, seconds is null ? 0 : int.Parse(seconds, NumberStyles.None, CultureInfo.InvariantCulture));
    }
}
