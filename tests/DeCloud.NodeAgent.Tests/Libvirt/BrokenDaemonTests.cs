using CsCheck;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.NodeAgent.Tests.Libvirt;

/// <summary>What a healthy daemon never does. Nothing of it may hang a caller, and all of it ends the connection with a reason.</summary>
public sealed class BrokenDaemonTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Raw bytes that no reply may consist of, by name.</summary>
    public static TheoryData<string, byte[]> BrokenFrames => new()
    {
        { "a length of zero", Words(0) },
        { "a length below the header", Words(27) },
        { "a length beyond the limit", Words(ProtocolLimits.Frame + 1u) },
        { "a negative length", Words(0x8000_0010u) },
        { "a length of all ones", Words(uint.MaxValue) },
        { "an unknown version", Words(28, (uint)RpcProgram.Remote, 2, 59, 1, 1, 0) },
        { "a reply with an unknown serial", Words(28, (uint)RpcProgram.Remote, 1, 59, 1, 0xdead, 0) },
        { "a reply of an unknown program", Words(28, 0x12345678, 1, 59, 1, 4, 0) },
        { "a reply to another procedure", Words(28, (uint)RpcProgram.Remote, 1, 60, 1, 4, 0) },
        { "an unknown status", Words(28, (uint)RpcProgram.Remote, 1, 59, 1, 4, 2) },
        { "a stream packet", Words(28, (uint)RpcProgram.Remote, 1, 59, 3, 4, 0) },
        { "a call from the daemon", Words(28, (uint)RpcProgram.Remote, 1, 59, 0, 4, 0) },
        { "a negative type", Words(28, (uint)RpcProgram.Remote, 1, 59, uint.MaxValue, 4, 0) },
        { "a result that is missing", Words(28, (uint)RpcProgram.Remote, 1, 59, 1, 4, 0) },
        { "a string longer than its message", Words(36, (uint)RpcProgram.Remote, 1, 59, 1, 4, 0, 100, 0) },
        { "a string beyond the limit", Words(36, (uint)RpcProgram.Remote, 1, 59, 1, 4, 0, ProtocolLimits.String + 1, 0) },
        { "a string of negative length", Words(36, (uint)RpcProgram.Remote, 1, 59, 1, 4, 0, uint.MaxValue, 0) },
        { "bytes after the result", Words(36, (uint)RpcProgram.Remote, 1, 59, 1, 4, 0, 0, 0) },
        { "an error that is cut off", Words(32, (uint)RpcProgram.Remote, 1, 59, 1, 4, 1, 42) },
    };

    [Theory]
    [MemberData(nameof(BrokenFrames))]
    public async Task A_broken_frame_ends_the_connection_with_a_typed_error(string what, byte[] frame)
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var call = connection.Host.GetHostnameAsync();
        var received = await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);
        Assert.Equal(4u, received.Serial);

        await daemon.SendRawAsync(frame);

        var reason = await connection.Closed.WaitAsync(Patience);
        Assert.True(reason.Kind == LibvirtCloseKind.ProtocolViolation, $"{what}: {reason}");
        Assert.IsType<LibvirtProtocolException>(reason.Exception);
        var thrown = await Assert.ThrowsAnyAsync<IOException>(() => call);
        Assert.True(thrown is LibvirtProtocolException or LibvirtConnectionLostException { Reason.Kind: LibvirtCloseKind.ProtocolViolation }, what);
    }

    [Fact]
    public async Task A_list_that_claims_more_than_it_holds_is_refused()
    {
        foreach (var count in new uint[] { ProtocolLimits.Domains + 1, ProtocolLimits.Domains, uint.MaxValue })
        {
            var (daemon, connection) = await ScriptedDaemon.StartAsync();
            await using var _ = daemon;
            var call = connection.Domains.ListAsync();
            await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectListAllDomains), writer => writer.UInt32(count).UInt32(0));
            await Assert.ThrowsAsync<LibvirtProtocolException>(() => call);
            Assert.Equal(LibvirtCloseKind.ProtocolViolation, (await connection.Closed.WaitAsync(Patience)).Kind);
        }
    }

    [Fact]
    public async Task An_unknown_type_of_parameter_is_refused()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var call = connection.Domains.GetStatsAsync(DomainStatsGroups.State);
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetAllDomainStats), writer =>
            writer.UInt32(1).Domain(DomainRef.Of(Guid.Empty)).UInt32(1).String("x").Int32(8).Int32(0));
        await Assert.ThrowsAsync<LibvirtProtocolException>(() => call);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(20)]
    [InlineData(30)]
    public async Task A_daemon_that_hangs_up_within_a_frame_ends_the_call(int after)
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var call = connection.Host.GetHostnameAsync();
        await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);

        await daemon.SendRawAsync(Words(36, (uint)RpcProgram.Remote, 1, 59, 1, 4, 0, 4, 0x68657265)[..after]);
        daemon.HangUp();

        var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => call);
        Assert.Equal(after == 0 ? LibvirtCloseKind.PeerClosed : LibvirtCloseKind.ProtocolViolation, lost.Reason.Kind);
        Assert.True(lost.WasSent);
    }

    [Fact]
    public async Task A_reply_that_comes_byte_by_byte_is_read_and_so_are_two_at_once()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var first = connection.Host.GetHostnameAsync();
        var second = connection.Host.GetHostnameAsync();
        var third = connection.Host.GetHostnameAsync();
        await daemon.DripAsync(Reply(4));
        Assert.Equal("here", await first);
        await daemon.SendRawAsync([.. Reply(5), .. Reply(6)]);
        Assert.Equal("here", await second);
        Assert.Equal("here", await third);

        static byte[] Reply(uint serial) => Words(36, (uint)RpcProgram.Remote, 1, 59, 1, serial, 0, 4, 0x68657265);
    }

    [Fact]
    public async Task A_reply_of_many_megabytes_is_read_whole()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var text = new string('x', ProtocolLimits.String);
        for (var i = 0; i < 2; i++)
        {
            var call = connection.Host.GetCapabilitiesAsync();
            await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetCapabilities), writer => writer.String(text));
            Assert.Equal(text, await call);
        }
    }

    [Fact]
    public async Task Notifications_that_nobody_asked_for_are_ignored()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var call = connection.Host.GetHostnameAsync();
        var received = await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);

        await daemon.SendAsync(new Procedure((RpcProgram)0x12345678, 1), MessageType.Notification, 0, MessageStatus.Ok);
        await daemon.SendAsync(new Procedure(RpcProgram.Remote, 9999), MessageType.Notification, 0, MessageStatus.Ok);
        await daemon.SendAsync(new Procedure(RpcProgram.KeepAlive, 99), MessageType.Notification, 0, MessageStatus.Ok);
        await daemon.SendLifecycleAsync("d", 0, 0);
        await daemon.ReplyAsync(received, writer => writer.String("here"));

        Assert.Equal("here", await call);
    }

    [Fact]
    public async Task Garbage_never_hangs_a_call_and_never_allocates_beyond_its_size()
    {
        await Gen.Byte.Array[0, 512].SampleAsync(async garbage =>
        {
            var (daemon, connection) = await ScriptedDaemon.StartAsync();
            await using var _ = daemon;
            var call = connection.Host.GetHostnameAsync();
            await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);
            await daemon.SendRawAsync(garbage);
            daemon.HangUp();
            await Assert.ThrowsAnyAsync<IOException>(() => call.WaitAsync(Patience));
            await connection.DisposeAsync();
        }, iter: 300, threads: 2);
    }

    [Fact]
    public async Task Garbage_behind_a_true_header_never_hangs_a_call()
    {
        await Gen.Select(Gen.Byte.Array[0, 256], Gen.Int[0, 1]).SampleAsync(async (garbage, status) =>
        {
            var (daemon, connection) = await ScriptedDaemon.StartAsync();
            await using var _ = daemon;
            var call = connection.Domains.GetStatsAsync(DomainStatsGroups.State);
            var received = await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetAllDomainStats);
            await daemon.SendAsync(received.Procedure, MessageType.Reply, received.Serial, (MessageStatus)status, writer => writer.Fixed(garbage));
            daemon.HangUp();
            try
            {
                await call.WaitAsync(Patience);
            }
            catch (Exception exception)
            {
                Assert.True(exception is LibvirtProtocolException or LibvirtException, exception.ToString());
            }

            await connection.DisposeAsync();
        }, iter: 300, threads: 2);
    }

    [Fact]
    public void Garbage_decodes_to_a_value_or_a_protocol_error_within_bounds()
    {
        Gen.Byte.Array[0, 64 * 1024].Sample(garbage =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                var reader = new XdrReader(garbage);
                reader.ReadList(ProtocolLimits.Domains, DomainWire.Smallest, DomainWire.Read);
            }
            catch (LibvirtProtocolException)
            {
                // Refused, as it should be.
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (16 * garbage.Length) + (64 * 1024));
        }, iter: 2_000, threads: 1);
    }

    private static byte[] Words(params uint[] words)
    {
        using var writer = new XdrWriter();
        foreach (var word in words)
        {
            writer.UInt32(word);
        }

        return writer.Written.ToArray();
    }
}
