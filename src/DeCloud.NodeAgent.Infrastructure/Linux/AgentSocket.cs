using System.Net.Sockets;
using System.Runtime.Versioning;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>
/// The Unix socket of the API. Who may open it is decided by its file alone, mode 0660 and the group <c>decloud</c>. It gets both under another name, before anybody can connect, and takes
/// its own name in one step. What a dead agent left is replaced; a socket that somebody answers on is not, nor is a file that is no socket.
/// </summary>
public static class AgentSocket
{
    /// <summary>The longest path in bytes of UTF-8: <c>sun_path</c> has 107 and an end (unix(7)), and the name under which the socket is made is longer by 4.</summary>
    public const int MostPathBytes = 103;

    /// <summary>The group whose members may use the API without a token.</summary>
    public const string Group = "decloud";

    private const UnixFileMode OwnerAndGroup = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private const UnixFileMode Passable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes the socket: bound, with its rights and its name, and not listening yet.</summary>
    /// <param name="path">Its absolute path, at most <see cref="MostPathBytes"/> bytes. The folder is made when it is not there.</param>
    /// <exception cref="AgentSocketException">It can't be made; the message says why and what to do.</exception>
    public static Socket Bind(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new AgentSocketException("Http:Socket is for Linux alone. Remove it; the API listens on Http:Url.");
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!, Passable);
            RefuseUnlessFree(path);
            var unnamed = path + ".new";
            File.Delete(unnamed);
            socket.Bind(new UnixDomainSocketEndPoint(unnamed));
            File.SetUnixFileMode(unnamed, OwnerAndGroup);
            if (UserGroup.Find(Group) is { } group)
            {
                // An agent that may not give files away keeps the socket to itself and its own group, which is less, never more.
                UserGroup.TryGive(unnamed, group);
            }

            Posix.Rename(unnamed, path);
            return socket;
        }
        catch (Exception e) when (e is not AgentSocketException && e is IOException or UnauthorizedAccessException or SocketException)
        {
            socket.Dispose();
            throw new AgentSocketException($"the socket {path} can't be made: {e.Message.TrimEnd('.')}. Set Http:Socket to a path in a folder that this user may write.", e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes the name away, so that clients see at once that nobody is there. To be called while the socket still listens: later it might be another agent's.</summary>
    /// <param name="path">The socket's path.</param>
    public static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next agent replaces it.
        }
    }

    [SupportedOSPlatform("linux")]
    private static void RefuseUnlessFree(string path)
    {
        if (Posix.Look(path) is not { } there)
        {
            return;
        }

        if (there.Kind != FileKind.Socket)
        {
            throw new AgentSocketException($"{path} is there and no socket. Remove it, or set Http:Socket to another path.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            // Its owner lives and is behind with its clients.
        }

        throw new AgentSocketException($"somebody answers on the socket {path}. Stop the other agent that uses it, or set Http:Socket to another path.");
    }
}

/// <summary>Why the agent's socket could not be made, and what to do.</summary>
public sealed class AgentSocketException : IOException
{
    /// <summary>Makes it.</summary>
    public AgentSocketException()
    {
    }

    /// <summary>Makes it.</summary>
    /// <param name="message">Why, and what to do.</param>
    public AgentSocketException(string message)
        : base(message)
    {
    }

    /// <summary>Makes it.</summary>
    /// <param name="message">Why, and what to do.</param>
    /// <param name="innerException">What happened.</param>
    public AgentSocketException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
