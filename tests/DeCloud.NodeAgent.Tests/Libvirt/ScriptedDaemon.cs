using System.Buffers.Binary;
using System.Net.Sockets;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.NodeAgent.Tests.Libvirt;

/// <summary>
/// The other end of a real Unix socket. It does the handshake as a healthy daemon would, and then whatever the test
/// says, which a healthy daemon never would.
/// </summary>
internal sealed class ScriptedDaemon : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _path = Path.Combine(Path.GetTempPath(), "decloud-" + Guid.NewGuid().ToString("n")[..12]);
    private Socket _client = null!;

    public ScriptedDaemon()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(_path));
        _listener.Listen(1);
    }

    /// <summary>A call that arrived.</summary>
    public sealed record Call(Procedure Procedure, uint Serial, byte[] Arguments)
    {
        public MessageType Type { get; init; }

        public MessageStatus Status { get; init; }
    }

    public LibvirtUri Uri => LibvirtUri.Parse($"test+unix:///default?socket={_path}");

    /// <summary>Connects a client to a new daemon and completes the handshake.</summary>
    public static async Task<(ScriptedDaemon Daemon, LibvirtConnection Connection)> StartAsync(LibvirtConnectionOptions? options = null)
    {
        var daemon = new ScriptedDaemon();
        var connecting = LibvirtConnection.ConnectAsync(daemon.Uri, options ?? Patient);
        await daemon.AcceptAsync();
        await daemon.HandshakeAsync();
        return (daemon, await connecting);
    }

    /// <summary>Options under which nothing happens by the clock within a test.</summary>
    public static LibvirtConnectionOptions Patient { get; } = new() { KeepAliveCount = 0, CallDeadline = TimeSpan.FromSeconds(20) };

    public async Task AcceptAsync() => _client = await _listener.AcceptAsync();

    public async Task HandshakeAsync()
    {
        await ReplyAsync(await ReceiveCallAsync(RemoteProcedure.AuthList), writer => writer.UInt32(1).UInt32(0));
        await ReplyAsync(await ReceiveCallAsync(RemoteProcedure.ConnectOpen));
        await ReplyAsync(await ReceiveCallAsync(RemoteProcedure.ConnectSupportsFeature), writer => writer.Int32(1));
    }

    /// <summary>Waits for the next call, which must be this one.</summary>
    public async Task<Call> ReceiveCallAsync(Procedure expected)
    {
        var call = await ReceiveAsync();
        Assert.Equal(expected, call.Procedure);
        return call;
    }

    /// <summary>Waits for the next message of any kind.</summary>
    public async Task<Call> ReceiveAsync()
    {
        var word = await ReadAsync(4);
        var body = await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(word) - 4);
        var reader = new XdrReader(body);
        var header = MessageHeader.Read(ref reader);
        return new Call(header.Procedure, header.Serial, body[ProtocolLimits.Header..]) { Type = header.Type, Status = header.Status };
    }

    /// <summary>Whether the client sends something within a while.</summary>
    public bool HearsWithin(TimeSpan time) => _client.Poll(time, SelectMode.SelectRead);

    public Task ReplyAsync(Call call, Action<XdrWriter>? result = null) =>
        SendAsync(call.Procedure, MessageType.Reply, call.Serial, MessageStatus.Ok, result);

    public Task FailAsync(Call call, LibvirtErrorCode code, string message) =>
        SendAsync(call.Procedure, MessageType.Reply, call.Serial, MessageStatus.Error, writer =>
            writer.Int32((int)code).Int32((int)LibvirtErrorDomain.Qemu).OptionalString(message).Int32(2)
                .Presence(false).OptionalString("one").OptionalString(null).OptionalString("three").Int32(-1).Int32(-1).Presence(false));

    public Task SendLifecycleAsync(string name, int kind, int detail) =>
        SendAsync(new Procedure(RpcProgram.Remote, (int)EventProcedure.Lifecycle), MessageType.Notification, 0, MessageStatus.Ok, writer =>
            writer.Int32(0).String(name).Uuid(Guid.Empty).Int32(1).Int32(kind).Int32(detail));

    public Task SendAsync(Procedure procedure, MessageType type, uint serial, MessageStatus status, Action<XdrWriter>? payload = null)
    {
        using var writer = new XdrWriter();
        writer.UInt32(0);
        new MessageHeader(procedure, type, serial, status).Write(writer);
        payload?.Invoke(writer);
        writer.Patch(0, (uint)writer.Written.Length);
        return SendRawAsync(writer.Written.ToArray());
    }

    /// <summary>Sends a packet of the stream that a call opened.</summary>
    public Task StreamAsync(Call opened, MessageStatus status, ReadOnlyMemory<byte> data = default) =>
        SendAsync(opened.Procedure, MessageType.Stream, opened.Serial, status, writer => writer.Raw(data.Span));

    /// <summary>Ends the stream that a call opened, as a daemon whose domain is gone.</summary>
    public Task BreakStreamAsync(Call opened, string message) =>
        SendAsync(opened.Procedure, MessageType.Stream, opened.Serial, MessageStatus.Error, writer =>
            writer.Int32((int)LibvirtErrorCode.OperationFailed).Int32((int)LibvirtErrorDomain.Qemu).OptionalString(message).Int32(2)
                .Presence(false).OptionalString(null).OptionalString(null).OptionalString(null).Int32(-1).Int32(-1).Presence(false));

    public async Task SendRawAsync(byte[] bytes) => await _client.SendAsync(bytes);

    /// <summary>Sends some bytes one at a time.</summary>
    public async Task DripAsync(byte[] bytes)
    {
        foreach (var value in bytes)
        {
            await _client.SendAsync(new[] { value });
        }
    }

    public void HangUp() => _client.Dispose();

    public ValueTask DisposeAsync()
    {
        _client?.Dispose();
        _listener.Dispose();
        File.Delete(_path);
        return ValueTask.CompletedTask;
    }

    private async Task<byte[]> ReadAsync(int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await _client.ReceiveAsync(bytes.AsMemory(read), deadline.Token);
            Assert.NotEqual(0, more);
            read += more;
        }

        return bytes;
    }
}
