using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>
/// The way to tell the service manager how this process is (sd_notify(3)): one datagram of <c>NAME=value</c> lines to the socket that the environment names. Sending never blocks and never
/// throws: what can't be told now is told again at the next occasion.
/// </summary>
public sealed class NotifySocket : IDisposable
{
    /// <summary>The longest text of <see cref="Status"/> in characters.</summary>
    public const int MostStatusCharacters = 400;

    private const string SocketVariable = "NOTIFY_SOCKET", WatchdogVariable = "WATCHDOG_USEC", WatchedVariable = "WATCHDOG_PID";
    private readonly Socket _socket;
    private readonly UnixDomainSocketEndPoint _manager;

    private NotifySocket(UnixDomainSocketEndPoint manager, TimeSpan? watchdog)
    {
        _manager = manager;
        Watchdog = watchdog;
        _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    }

    /// <summary>How soon after each other the manager wants signs of life, or takes the process for hung; null when it wants none.</summary>
    public TimeSpan? Watchdog { get; }

    /// <summary>Finds the manager, and takes its variables out of this process's environment, so that no program it starts speaks in its name.</summary>
    /// <returns>Null when no manager listens.</returns>
    public static NotifySocket? TakeFromEnvironment()
    {
        var found = Find(Environment.GetEnvironmentVariable, Environment.ProcessId);
        foreach (var name in new[] { SocketVariable, WatchdogVariable, WatchedVariable })
        {
            Environment.SetEnvironmentVariable(name, null);
        }

        return found;
    }

    /// <summary>Finds the manager.</summary>
    /// <param name="environment">Reads a variable.</param>
    /// <param name="processId">This process, for a watchdog that is meant for another.</param>
    /// <returns>Null when no manager listens, or what is said of it is no address of a socket.</returns>
    public static NotifySocket? Find(Func<string, string?> environment, int processId)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (!OperatingSystem.IsLinux() || environment(SocketVariable) is not { Length: > 1 and <= 107 } address || address[0] is not ('/' or '@'))
        {
            return null;
        }

        var isWatched = environment(WatchedVariable) is not { Length: > 0 } watched || watched == processId.ToString(CultureInfo.InvariantCulture);
        var watchdog = isWatched && long.TryParse(environment(WatchdogVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds is > 0 and < long.MaxValue / 10
            ? TimeSpan.FromMicroseconds(microseconds)
            : (TimeSpan?)null;

        // "@" stands for the zero byte with which an address begins that is no file (unix(7), abstract sockets).
        return new(new(address[0] == '@' ? '\0' + address[1..] : address), watchdog);
    }

    /// <summary>The process takes requests.</summary>
    /// <param name="status">How it is, for people.</param>
    /// <returns>Whether the manager was told.</returns>
    public bool Ready(string status) => Send("READY=1\n" + StatusLine(status));

    /// <summary>How the process is, for people: one line.</summary>
    /// <param name="status">At most <see cref="MostStatusCharacters"/> characters are told.</param>
    /// <returns>Whether the manager was told.</returns>
    public bool Status(string status) => Send(StatusLine(status));

    /// <summary>A sign of life.</summary>
    /// <returns>Whether the manager was told.</returns>
    public bool Beat() => Send("WATCHDOG=1");

    /// <summary>The process ends.</summary>
    /// <returns>Whether the manager was told.</returns>
    public bool Stopping() => Send("STOPPING=1\nSTATUS=stopping; the VMs run on");

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    // A line of its own could say anything in this process's name.
    private static string StatusLine(string status) =>
        "STATUS=" + string.Concat(status.Take(MostStatusCharacters).Select(c => char.IsControl(c) ? ' ' : c));

    private bool Send(string state)
    {
        try
        {
            var bytes = Encoding.UTF8.GetBytes(state);
            return _socket.SendTo(bytes, _manager) == bytes.Length;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
