using System.Net.WebSockets;

namespace DeCloud.NodeAgent.Api.Consoles;

/// <summary>Why a console's WebSocket ended: the code and the words of its close frame (RFC 6455, section 7.4). Codes from 4000 on are this API's own and stable.</summary>
/// <param name="Code">The code.</param>
/// <param name="Reason">The words; at most 123 bytes.</param>
internal sealed record ConsoleEnd(int Code, string Reason)
{
    /// <summary>The client closed.</summary>
    public static readonly ConsoleEnd Closed = new((int)WebSocketCloseStatus.NormalClosure, "closed by the client");

    /// <summary>The client is gone without a word; nobody is there to be told.</summary>
    public static readonly ConsoleEnd Vanished = new((int)WebSocketCloseStatus.NormalClosure, "the client is gone");

    /// <summary>The agent stops.</summary>
    public static readonly ConsoleEnd Stopping = new((int)WebSocketCloseStatus.EndpointUnavailable, "the agent is stopping; the VM goes on");

    /// <summary>The client sent text.</summary>
    public static readonly ConsoleEnd NotBinary = new((int)WebSocketCloseStatus.InvalidMessageType, "only binary messages are taken");

    /// <summary>The agent failed.</summary>
    public static readonly ConsoleEnd Failed = new((int)WebSocketCloseStatus.InternalServerError, "the agent failed; its log says more");

    /// <summary>The VM ended, or the console was taken by a program of the host.</summary>
    public static readonly ConsoleEnd VmGone = new(4000, "the VM's console ended: the VM was stopped or deleted, or its console taken on the host");

    /// <summary>The client does not read.</summary>
    public static readonly ConsoleEnd SlowReader = new(4001, "too slow: more was waiting to be read than is kept");

    /// <summary>Another client took the console.</summary>
    public static readonly ConsoleEnd TakenOver = new(4002, "another client took the console over");

    /// <summary>libvirt is gone.</summary>
    public static readonly ConsoleEnd HypervisorLost = new(4003, "libvirt is not connected; the VM goes on");

    /// <summary>The guest does not read.</summary>
    public static readonly ConsoleEnd GuestDeaf = new(4004, "the guest does not take what is sent");
}
