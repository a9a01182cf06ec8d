using System.Diagnostics.CodeAnalysis;

namespace DeCloud.Libvirt;

/// <summary>
/// Which hypervisor driver of which daemon on this machine. Forms: <c>qemu:///system</c>,
/// <c>qemu+unix:///system?socket=/path</c>, <c>test:///default</c>, <c>test+unix:///default?socket=/path</c>.
/// </summary>
public sealed record LibvirtUri
{
    /// <summary>The sockets of the QEMU driver, the modular daemon's first.</summary>
    private static readonly string[] QemuSockets = ["/run/libvirt/virtqemud-sock", "/run/libvirt/libvirt-sock"];

    private static readonly string[] MonolithicSockets = ["/run/libvirt/libvirt-sock"];

    private LibvirtUri(string driver, string path, string? socket)
    {
        Driver = driver;
        Path = path;
        Socket = socket;
    }

    /// <summary>The hypervisor driver, such as <c>qemu</c> or <c>test</c>.</summary>
    public string Driver { get; }

    /// <summary>What the driver is to open, such as <c>/system</c>.</summary>
    public string Path { get; }

    /// <summary>The daemon's socket; null to look for it.</summary>
    public string? Socket { get; }

    /// <summary>The URI as the daemon itself is asked to open it.</summary>
    public string DriverUri => $"{Driver}://{Path}";

    /// <summary>Sockets to try, in order.</summary>
    public IReadOnlyList<string> SocketCandidates =>
        Socket is not null ? [Socket] : Driver == "qemu" ? QemuSockets : MonolithicSockets;

    /// <summary>Reads a URI.</summary>
    /// <param name="text">The URI.</param>
    /// <exception cref="FormatException">It is not one of the forms above; the message says why.</exception>
    public static LibvirtUri Parse(string text) =>
        TryParse(text, out var uri, out var problem) ? uri : throw new FormatException(problem);

    /// <summary>Reads a URI without throwing.</summary>
    /// <param name="text">The URI.</param>
    /// <param name="uri">The result.</param>
    /// <param name="problem">Why it is not a URI that this client can use.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out LibvirtUri? uri, [NotNullWhen(false)] out string? problem)
    {
        uri = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var parsed) || parsed.IsFile)
        {
            problem = $"'{text}' is not a URI; an example is qemu:///system";
            return false;
        }

        var scheme = parsed.Scheme.Split('+');
        problem = scheme switch
        {
            { Length: > 2 } => $"'{text}' has a scheme that is not driver or driver+unix",
            [_, not "unix"] => $"'{text}' asks for the transport '{scheme[1]}'; only the Unix socket of this machine is supported (driver+unix)",
            _ when parsed.Host.Length > 0 => $"'{text}' names the host '{parsed.Host}'; only this machine is supported (driver:///path)",
            _ => null,
        };
        if (problem is not null || !TryReadQuery(parsed, out var socket, out problem))
        {
            return false;
        }

        if (parsed.AbsolutePath == "/session" && socket is null)
        {
            problem = $"'{text}' is a session daemon, whose socket differs per user; name it with ?socket=/path";
            return false;
        }

        uri = new LibvirtUri(scheme[0], Uri.UnescapeDataString(parsed.AbsolutePath), socket);
        return true;
    }

    /// <summary>The URI as it is written.</summary>
    public override string ToString() =>
        Socket is null ? DriverUri : $"{Driver}+unix://{Path}?socket={Uri.EscapeDataString(Socket)}";

    private static bool TryReadQuery(Uri uri, out string? socket, [NotNullWhen(false)] out string? problem)
    {
        socket = null;
        problem = null;
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (pair, "");
            if (key != "socket")
            {
                problem = $"'{uri}' has the parameter '{key}'; only socket is supported";
                return false;
            }

            if (!System.IO.Path.IsPathFullyQualified(value))
            {
                problem = $"'{uri}' names the socket '{value}', which is not an absolute path";
                return false;
            }

            socket = value;
        }

        return true;
    }
}
