using System.Globalization;
using DeCloud.NodeAgent.Core.Ports;

namespace DeCloud.NodeAgent.Infrastructure.Nftables;

/// <summary>The ports that the host's own programs hold, from <c>/proc/net</c> (man 5 proc; the fields of Documentation/networking/proc_net_tcp in Linux).</summary>
internal static class HostSockets
{
    private const string Listening = "0A";

    private static readonly (string File, PortProtocol Protocol)[] Sources =
    [
        ("/proc/net/tcp", PortProtocol.Tcp), ("/proc/net/tcp6", PortProtocol.Tcp), ("/proc/net/udp", PortProtocol.Udp), ("/proc/net/udp6", PortProtocol.Udp),
    ];

    /// <summary>TCP ports that are listened on, and UDP ports that are bound; files that are not there hold none.</summary>
    public static async Task<IReadOnlyDictionary<int, PortProtocol>> BusyAsync(CancellationToken cancellation)
    {
        var busy = new Dictionary<int, PortProtocol>();
        foreach (var (file, protocol) in Sources.Where(s => File.Exists(s.File)))
        {
            foreach (var port in Read(await File.ReadAllLinesAsync(file, cancellation).ConfigureAwait(false), protocol))
            {
                busy[port] = busy.GetValueOrDefault(port) | protocol;
            }
        }

        return busy;
    }

    /// <summary>The ports in one of the files.</summary>
    public static IEnumerable<int> Read(IEnumerable<string> lines, PortProtocol protocol)
    {
        foreach (var line in lines.Skip(1))
        {
            // "  sl  local_address rem_address   st ...": address and port in hexadecimal.
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 3 && (protocol == PortProtocol.Udp || fields[3] == Listening) && fields[1].LastIndexOf(':') is var colon and >= 0
                && int.TryParse(fields[1].AsSpan(colon + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var port))
            {
                yield return port;
            }
        }
    }
}
