using System.Globalization;
using System.Net;
using System.Text;
using DeCloud.NodeAgent.Infrastructure.Linux;

namespace DeCloud.NodeAgent.Configuration;

/// <summary>What became of reading a value.</summary>
/// <param name="Value">The value, when <paramref name="Reason"/> is null.</param>
/// <param name="Reason">What is wrong with the text.</param>
/// <param name="Remedy">What to write instead.</param>
/// <typeparam name="T">What was read.</typeparam>
internal readonly record struct Parsed<T>(T Value, string? Reason = null, string Remedy = "")
{
    /// <summary>The text is not a value.</summary>
    public static Parsed<T> Wrong(string reason, string remedy) => new(default!, reason, remedy);
}

/// <summary>How values are written in the configuration.</summary>
internal static class SettingFormats
{
    private static readonly (string Unit, long Factor)[] ByteUnits =
        [("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("", 1)];

    private static readonly (string Unit, TimeSpan Factor)[] TimeUnits =
        [("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)), ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)), ("d", TimeSpan.FromDays(1))];

    /// <summary>A number of bytes: <c>1073741824</c> or <c>1GiB</c>.</summary>
    public static Func<string, Parsed<long>> Bytes(long least, long most) => text =>
    {
        var (unit, factor) = ByteUnits.First(u => text.EndsWith(u.Unit, StringComparison.OrdinalIgnoreCase));
        return long.TryParse(text[..^unit.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most / factor && number * factor >= least
            ? new(number * factor)
            : Parsed<long>.Wrong("is not a number of bytes in range.", $"Give {ShowBytes(least)} to {ShowBytes(most)}, as a plain number or with KiB, MiB, GiB or TiB.");
    };

    /// <summary>A time span: <c>00:01:00</c> or <c>60s</c>.</summary>
    public static Func<string, Parsed<TimeSpan>> Duration(TimeSpan least, TimeSpan most) => text =>
        TryDuration(text, out var value) && value >= least && value <= most
            ? new(value)
            : Parsed<TimeSpan>.Wrong("is not a time span in range.", $"Give {least:c} to {most:c}, as hh:mm:ss or with ms, s, m, h or d, for example 30s.");

    /// <summary>A whole number.</summary>
    public static Func<string, Parsed<int>> Whole(int least, int most) => text =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? new(value)
            : Parsed<int>.Wrong("is not a whole number in range.", string.Create(CultureInfo.InvariantCulture, $"Give {least} to {most}."));

    /// <summary>A number with or without a decimal point.</summary>
    public static Func<string, Parsed<double>> Number(double least, double most) => text =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? new(value)
            : Parsed<double>.Wrong("is not a number in range.", string.Create(CultureInfo.InvariantCulture, $"Give {least} to {most}, for example 2.5."));

    /// <summary><c>true</c> or <c>false</c>.</summary>
    public static Parsed<bool> Flag(string text) =>
        bool.TryParse(text, out var value) ? new(value) : Parsed<bool>.Wrong("is neither true nor false.", "Give true or false.");

    /// <summary>A name of an enumeration.</summary>
    public static Parsed<T> Choice<T>(string text)
        where T : struct, Enum =>
        Enum.GetNames<T>().FirstOrDefault(n => n.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } name
            ? new(Enum.Parse<T>(name))
            : Parsed<T>.Wrong("is none of the known choices.", $"Give {string.Join(" or ", Enum.GetNames<T>())}.");

    /// <summary>An absolute path without <c>..</c>.</summary>
    public static Parsed<string> AbsolutePath(string text) =>
        PlatformPaths.IsPlain(Path.TrimEndingDirectorySeparator(text))
            ? new(Path.TrimEndingDirectorySeparator(text))
            : Parsed<string>.Wrong("is not an absolute path in its plain form.", OperatingSystem.IsWindows()
                ? @"Give the full path on a local drive, such as D:\DeCloud, with single backslashes and without '.' and '..'."
                : "Give the full path from the root, without '.', '..' and doubled separators.");

    /// <summary>An absolute path that a Unix socket can have.</summary>
    public static Parsed<string?> SocketPath(string text) =>
        AbsolutePath(text) is { Reason: { } reason } wrong ? Parsed<string?>.Wrong(reason, wrong.Remedy)
        : Encoding.UTF8.GetByteCount(text) > AgentSocket.MostPathBytes ? Parsed<string?>.Wrong("is too long for a socket.", $"Give at most {AgentSocket.MostPathBytes} bytes.")
        : text.EndsWith('/') ? Parsed<string?>.Wrong("is a folder.", "Give the path of the socket, for example /run/decloud/agent.sock.")
        : new(text);

    /// <summary>An absolute http or https URL without user name and password.</summary>
    public static Parsed<Uri?> WebUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp) && url.UserInfo.Length == 0 && url.Fragment.Length == 0
            ? new(url)
            : Parsed<Uri?>.Wrong("is not an http or https URL.", "Give an absolute URL such as https://orchestrator.example, without user name, password and fragment.");

    /// <summary>
    /// Where the API listens. Only addresses and <c>localhost</c>: a server that is told any other name listens on every address of the machine, which nobody expects who writes a name.
    /// </summary>
    public static Parsed<IPEndPoint> ListenUrl(string text)
    {
        const string remedy = "Give http://, an IP address or localhost, and a port: http://127.0.0.1:5100.";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.PathAndQuery != "/" || url.Fragment.Length > 0 || url.UserInfo.Length > 0)
        {
            return Parsed<IPEndPoint>.Wrong("is not an address to listen on.", remedy);
        }

        if (url.Scheme != Uri.UriSchemeHttp)
        {
            return Parsed<IPEndPoint>.Wrong("asks for something else than HTTP.", remedy + " For TLS, put a reverse proxy in front.");
        }

        return url.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? new(new IPEndPoint(IPAddress.Loopback, url.Port))
            : IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) ? new(new IPEndPoint(address, url.Port))
            : Parsed<IPEndPoint>.Wrong("names a host that is no address.", remedy);
    }

    /// <summary>The libvirt of this machine: a URI of its QEMU or test driver, or the path of its socket, which is read as the URI that names it.</summary>
    public static Parsed<string?> LibvirtUri(string text)
    {
        if (text.StartsWith('/'))
        {
            return AbsolutePath(text) is { Reason: null } path
                ? new("qemu+unix:///system?socket=" + Uri.EscapeDataString(path.Value!))
                : Parsed<string?>.Wrong("is not the plain path of a socket.", "Give its absolute path.");
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "qemu" or "qemu+unix" or "test" or "test+unix" && uri.Host.Length == 0 && DeCloud.Libvirt.LibvirtUri.TryParse(text, out _, out _)
            ? new(text)
            : Parsed<string?>.Wrong("is not a libvirt of this machine.", "Give qemu:///system, qemu+unix:///system?socket=/path, the path of a socket, or nothing to find it.");
    }

    /// <summary>A time span: <c>hh:mm:ss</c> or a number with a unit. A bare number is refused: elsewhere it means days.</summary>
    public static bool TryDuration(string text, out TimeSpan value)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value);
        }

        value = default;
        foreach (var (unit, factor) in TimeUnits)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && int.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && number <= TimeSpan.FromDays(3650) / factor)
            {
                value = number * factor;
                return true;
            }
        }

        return false;
    }

    /// <summary>A number of bytes for people, without loss.</summary>
    public static string ShowBytes(long bytes)
    {
        var (unit, factor) = ByteUnits.First(u => bytes != 0 && bytes % u.Factor == 0 || u.Factor == 1);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / factor}{(unit.Length > 0 ? $" {unit}" : " bytes")}");
    }
}
