using System.Net;

namespace DeCloud.NodeAgent.Security;

/// <summary>Which names the API may be addressed by. Whatever else a browser was made to resolve to this machine (DNS rebinding) is refused.</summary>
internal sealed class HostNames(IEnumerable<string> configured)
{
    private readonly HashSet<string> _names = new(configured.Concat(["localhost", "127.0.0.1", "[::1]"]), StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a Host header is this node's.</summary>
    /// <param name="host">The name or address without the port.</param>
    /// <param name="connectedTo">The address the client has connected to. It can't be another site's name, so it is safe to be addressed by.</param>
    public bool Allows(string host, IPAddress? connectedTo)
    {
        if (_names.Contains(host))
        {
            return true;
        }

        var bare = host is ['[', .., ']'] ? host[1..^1] : host;
        return _names.Contains(bare)
            || (IPAddress.TryParse(bare, out var address) && (IPAddress.IsLoopback(address) || Same(address, connectedTo)));
    }

    private static bool Same(IPAddress address, IPAddress? other) =>
        other is not null && (other.IsIPv4MappedToIPv6 ? other.MapToIPv4() : other).Equals(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
