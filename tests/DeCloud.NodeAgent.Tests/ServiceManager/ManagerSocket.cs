using System.Net.Sockets;
using System.Text;

namespace DeCloud.NodeAgent.Tests.ServiceManager;

/// <summary>A service manager's end of the line: a real datagram socket, as a file or in the abstract namespace.</summary>
internal sealed class ManagerSocket : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-notify-").FullName;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public ManagerSocket(bool isAbstract = false)
    {
        Address = isAbstract ? "@decloud-test-" + Guid.NewGuid().ToString("N") : Path.Join(_folder, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? '\0' + Address[1..] : Address));
    }

    /// <summary>What NOTIFY_SOCKET says.</summary>
    public string Address { get; }

    /// <summary>The next thing that is said.</summary>
    public async Task<string> HearAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var buffer = new byte[4096];
        var length = await _socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    /// <summary>Whether nothing waits to be heard.</summary>
    public bool IsSilent => !_socket.Poll(0, SelectMode.SelectRead);

    public void Dispose()
    {
        _socket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
