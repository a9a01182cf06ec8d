using System.Globalization;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>
/// The ports that Linux takes for the host's own outgoing connections (ip_local_port_range, Documentation/networking/ip-sysctl). A program may hold one of them just
/// when it is to be given, and may be given one that is forwarded, whose answers then have to be told apart by the connection table alone.
/// </summary>
internal static class EphemeralPorts
{
    private const string Source = "/proc/sys/net/ipv4/ip_local_port_range";

    /// <summary>The part of a range that lies in the host's ephemeral range; null when there is none, or nobody can tell.</summary>
    /// <param name="start">The lowest port.</param>
    /// <param name="end">The highest port.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<(int Start, int End)?> OverlapAsync(int start, int end, CancellationToken cancellation)
    {
        try
        {
            return Overlap(await File.ReadAllTextAsync(Source, cancellation).ConfigureAwait(false), start, end);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The same, from the file's text: two numbers with white space between.</summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The lowest port.</param>
    /// <param name="end">The highest port.</param>
    public static (int Start, int End)? Overlap(string text, int start, int end) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [var first, var last]
        && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var low)
        && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var high)
        && Math.Max(low, start) <= Math.Min(high, end)
            ? (Math.Max(low, start), Math.Min(high, end))
            : null;
}
