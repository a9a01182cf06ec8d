using System.Text;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Streams;

namespace DeCloud.NodeAgent.Tests.Libvirt;

public sealed class StreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly DomainRef Domain = DomainRef.Of(Guid.NewGuid());

    [Fact]
    public async Task Bytes_go_both_ways_unchanged_under_the_serial_of_the_call()
    {
        await using var lab = await Lab.OpenAsync();

        await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Continue, "a\0\xffbcd"u8.ToArray());
        Assert.Equal("a\0\xffbcd"u8.ToArray(), await lab.ReadAsync());

        await lab.Stream.WriteAsync("xyz"u8.ToArray());
        var packet = await lab.PacketAsync(MessageStatus.Continue);
        Assert.Equal("xyz"u8.ToArray(), packet.Arguments);
        Assert.Equal((lab.Opened.Serial, lab.Opened.Procedure), (packet.Serial, packet.Procedure));
    }

    [Fact]
    public async Task A_first_packet_right_behind_the_reply_is_not_lost_and_may_be_read_in_pieces()
    {
        await using var lab = await Lab.OpenAsync(withTheReply: "hello");
        var some = new byte[3];

        Assert.Equal(3, await lab.Stream.ReadAsync(some));
        Assert.Equal("hel"u8.ToArray(), some);
        Assert.Equal("lo"u8.ToArray(), await lab.ReadAsync());
    }

    [Fact]
    public async Task More_than_a_packet_holds_is_sent_in_order_in_several()
    {
        await using var lab = await Lab.OpenAsync();
        var data = new byte[ProtocolLimits.StreamPacket + 1000];
        new Random(1).NextBytes(data);

        var writing = lab.Stream.WriteAsync(data);
        var first = await lab.PacketAsync(MessageStatus.Continue);
        var second = await lab.PacketAsync(MessageStatus.Continue);
        await writing;

        Assert.Equal((ProtocolLimits.StreamPacket, 1000), (first.Arguments.Length, second.Arguments.Length));
        Assert.Equal(data, first.Arguments.Concat(second.Arguments));
    }

    [Fact]
    public async Task The_end_of_what_can_be_read_and_an_error_are_told_apart_after_what_came_before()
    {
        await using (var lab = await Lab.OpenAsync())
        {
            await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Continue, "last"u8.ToArray());
            await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Continue);
            Assert.Equal("last"u8.ToArray(), await lab.ReadAsync());
            Assert.Empty(await lab.ReadAsync());
        }

        await using (var lab = await Lab.OpenAsync())
        {
            await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Continue, "last"u8.ToArray());
            await lab.Daemon.BreakStreamAsync(lab.Opened, "gone");
            Assert.Equal("last"u8.ToArray(), await lab.ReadAsync());
            Assert.Equal("gone", (await Assert.ThrowsAsync<LibvirtException>(lab.ReadAsync)).Message);
            await Assert.ThrowsAsync<InvalidOperationException>(() => lab.Stream.WriteAsync("x"u8.ToArray()));
            Assert.False(lab.Connection.Closed.IsCompleted);
        }
    }

    [Fact]
    public async Task Finishing_waits_for_the_daemon_and_giving_up_drops_what_still_comes()
    {
        await using (var lab = await Lab.OpenAsync())
        {
            var finishing = lab.Stream.FinishAsync();
            await lab.PacketAsync(MessageStatus.Ok);
            Assert.False(finishing.IsCompleted);
            await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Ok);
            await finishing.WaitAsync(Patience);
            Assert.Empty(await lab.ReadAsync());
        }

        await using (var lab = await Lab.OpenAsync())
        {
            var giving = lab.Stream.DisposeAsync().AsTask();
            Assert.Empty((await lab.PacketAsync(MessageStatus.Error)).Arguments);
            await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Continue, "late"u8.ToArray());
            await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Ok);
            await giving.WaitAsync(Patience);
            await lab.AnswersAsync();
        }
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_loses_the_stream_and_nothing_else()
    {
        await using var lab = await Lab.OpenAsync(capacity: 8);
        await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Continue, "12345678"u8.ToArray());
        await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Continue, "9"u8.ToArray());
        await lab.PacketAsync(MessageStatus.Error);
        await lab.Daemon.StreamAsync(lab.Opened, MessageStatus.Ok);

        Assert.Equal("12345678"u8.ToArray(), await lab.ReadAsync());
        Assert.Equal(8, (await Assert.ThrowsAsync<LibvirtStreamOverrunException>(lab.ReadAsync)).Capacity);
        await lab.AnswersAsync();
    }

    [Fact]
    public async Task A_stream_that_opens_after_its_caller_gave_up_is_closed_by_itself()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        using var cancel = new CancellationTokenSource();
        var opening = connection.Domains.OpenConsoleAsync(Domain, cancellationToken: cancel.Token);
        var call = await daemon.ReceiveCallAsync(RemoteProcedure.DomainOpenConsole);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);

        await daemon.ReplyAsync(call);

        var packet = await daemon.ReceiveAsync();
        Assert.Equal((MessageType.Stream, MessageStatus.Error, call.Serial), (packet.Type, packet.Status, packet.Serial));
    }

    [Fact]
    public async Task A_refused_stream_is_no_stream_and_a_packet_of_none_ends_the_connection()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var opening = connection.Domains.OpenConsoleAsync(Domain, ConsoleFlags.Safe | ConsoleFlags.Force);
        var call = await daemon.ReceiveCallAsync(RemoteProcedure.DomainOpenConsole);
        Assert.Equal(3, call.Arguments[^1]);
        await daemon.FailAsync(call, LibvirtErrorCode.OperationFailed, "Active console session exists for this domain");
        Assert.Equal(LibvirtErrorCode.OperationFailed, (await Assert.ThrowsAsync<LibvirtException>(() => opening)).Code);

        await daemon.StreamAsync(call, MessageStatus.Continue, "x"u8.ToArray());

        Assert.Equal(LibvirtCloseKind.ProtocolViolation, (await connection.Closed.WaitAsync(Patience)).Kind);
    }

    [Fact]
    public async Task A_lost_connection_ends_its_streams()
    {
        await using var lab = await Lab.OpenAsync();
        var reading = lab.ReadAsync();

        lab.Daemon.HangUp();

        await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => reading);
        await Assert.ThrowsAnyAsync<Exception>(() => lab.Stream.WriteAsync("x"u8.ToArray()));
    }

    private sealed record Lab(ScriptedDaemon Daemon, LibvirtConnection Connection, LibvirtStream Stream, ScriptedDaemon.Call Opened) : IAsyncDisposable
    {
        public static async Task<Lab> OpenAsync(int capacity = 1 << 20, string? withTheReply = null)
        {
            var (daemon, connection) = await ScriptedDaemon.StartAsync();
            var opening = connection.Domains.OpenConsoleAsync(Domain, capacity: capacity);
            var call = await daemon.ReceiveCallAsync(RemoteProcedure.DomainOpenConsole);
            await daemon.ReplyAsync(call);
            if (withTheReply is not null)
            {
                await daemon.StreamAsync(call, MessageStatus.Continue, Encoding.ASCII.GetBytes(withTheReply));
            }

            return new(daemon, connection, await opening.WaitAsync(Patience), call);
        }

        public async Task<byte[]> ReadAsync()
        {
            var buffer = new byte[1 << 20];
            return buffer[..await Stream.ReadAsync(buffer).AsTask().WaitAsync(Patience)];
        }

        public async Task<ScriptedDaemon.Call> PacketAsync(MessageStatus status)
        {
            var packet = await Daemon.ReceiveAsync();
            Assert.Equal((MessageType.Stream, status, Opened.Serial), (packet.Type, packet.Status, packet.Serial));
            return packet;
        }

        /// <summary>The connection still carries calls.</summary>
        public async Task AnswersAsync()
        {
            var call = Connection.Host.GetHostnameAsync();
            await Daemon.ReplyAsync(await Daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname), writer => writer.String("here"));
            Assert.Equal("here", await call.WaitAsync(Patience));
        }

        public ValueTask DisposeAsync() => Daemon.DisposeAsync();
    }
}
