using DeCloud.Libvirt;
using DeCloud.Libvirt.Connection;
using DeCloud.Libvirt.Events;
using DeCloud.Libvirt.Protocol;

namespace DeCloud.NodeAgent.Tests.Libvirt;

public sealed class LivenessAndEventTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_ping_of_the_daemon_is_answered()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;

        await daemon.SendAsync(Ping, MessageType.Notification, 0, MessageStatus.Ok);

        Assert.Equal(Pong, (await daemon.ReceiveAsync()).Procedure);
        Assert.False(connection.Closed.IsCompleted);
    }

    [Fact]
    public async Task An_idle_daemon_is_asked_and_stays_when_it_answers()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync(Watchful);
        await using var _ = daemon;

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(Ping, (await daemon.ReceiveAsync()).Procedure);
            await daemon.SendAsync(Pong, MessageType.Notification, 0, MessageStatus.Ok);
        }

        Assert.False(connection.Closed.IsCompleted);
    }

    [Fact]
    public async Task A_daemon_that_does_not_answer_is_given_up_after_as_many_questions_as_were_set()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync(Watchful);
        await using var _ = daemon;
        var call = connection.Host.GetHostnameAsync();
        await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);

        Assert.Equal(Ping, (await daemon.ReceiveAsync()).Procedure);
        Assert.Equal(Ping, (await daemon.ReceiveAsync()).Procedure);

        Assert.Equal(LibvirtCloseKind.KeepAliveTimeout, (await connection.Closed.WaitAsync(Patience)).Kind);
        var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => call);
        Assert.Equal(LibvirtCloseKind.KeepAliveTimeout, lost.Reason.Kind);
    }

    [Fact]
    public async Task Events_keep_their_order_and_those_before_the_reply_to_the_registration_are_not_lost()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;

        var subscribing = connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle);
        var registration = await daemon.ReceiveCallAsync(RemoteProcedure.ConnectDomainEventRegister);
        await daemon.SendLifecycleAsync("0", 5, 5);
        await daemon.ReplyAsync(registration, writer => writer.Int32(7));
        for (var i = 1; i < 100; i++)
        {
            await daemon.SendLifecycleAsync($"{i}", 5, 5);
        }

        daemon.HangUp();
        var subscription = await subscribing;
        var names = new List<string>();
        var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(async () =>
        {
            await foreach (var happened in subscription.ReadAllAsync())
            {
                Assert.Equal(DomainChange.StoppedFailed, Assert.IsType<DomainLifecycleEvent>(happened).Change);
                names.Add(happened.Domain.Name);
            }
        });
        Assert.Equal(LibvirtCloseKind.PeerClosed, lost.Reason.Kind);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), names);
    }

    [Fact]
    public async Task A_flood_of_events_that_nobody_reads_ends_the_connection_with_a_reason()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync(ScriptedDaemon.Patient with { EventCapacity = 10 });
        await using var _ = daemon;
        var subscribing = connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle);
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectDomainEventRegister), writer => writer.Int32(0));
        var subscription = await subscribing;

        for (var i = 0; i < 11; i++)
        {
            await daemon.SendLifecycleAsync($"{i}", 2, 0);
        }

        Assert.Equal(LibvirtCloseKind.EventOverflow, (await connection.Closed.WaitAsync(Patience)).Kind);
        var read = 0;
        var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(async () =>
        {
            await foreach (var happened in subscription.ReadAllAsync())
            {
                read++;
            }
        });
        Assert.Equal(10, read);
        Assert.Equal(LibvirtCloseKind.EventOverflow, lost.Reason.Kind);
    }

    [Fact]
    public async Task A_registration_that_fails_leaves_room_for_another()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        var failing = connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle | DomainEventKinds.Reboot);
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectDomainEventRegister), writer => writer.Int32(3));
        await daemon.FailAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectDomainEventRegister), LibvirtErrorCode.NoSupport, "no");
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectDomainEventDeregister));
        await Assert.ThrowsAsync<LibvirtException>(() => failing);

        var again = connection.Events.SubscribeAsync(DomainEventKinds.Lifecycle);
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectDomainEventRegister), writer => writer.Int32(4));
        await again;
    }

    [Fact]
    public async Task A_daemon_that_asks_for_sasl_is_refused_with_the_remedy()
    {
        await using var daemon = new ScriptedDaemon();
        var connecting = LibvirtConnection.ConnectAsync(daemon.Uri);
        await daemon.AcceptAsync();
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.AuthList), writer => writer.UInt32(1).UInt32(1));
        var refused = await Assert.ThrowsAsync<LibvirtAuthenticationException>(() => connecting);
        Assert.Contains("auth_unix_rw", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_daemon_that_asks_for_polkit_gets_it()
    {
        await using var daemon = new ScriptedDaemon();
        var connecting = LibvirtConnection.ConnectAsync(daemon.Uri, ScriptedDaemon.Patient);
        await daemon.AcceptAsync();
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.AuthList), writer => writer.UInt32(1).UInt32(2));
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.AuthPolkit), writer => writer.Int32(1));
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectOpen));
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectSupportsFeature), writer => writer.Int32(1));
        Assert.False((await connecting).Closed.IsCompleted);
    }

    [Fact]
    public async Task Where_no_daemon_listens_every_path_tried_is_named()
    {
        var path = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));
        var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(() =>
            LibvirtConnection.ConnectAsync(LibvirtUri.Parse($"qemu+unix:///system?socket={path}")));
        Assert.Equal(LibvirtCloseKind.Unreachable, lost.Reason.Kind);
        Assert.Contains(path, lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_nobody_serves_is_passed_over_for_the_next()
    {
        await using var daemon = new ScriptedDaemon();
        var stale = Path.Combine(Path.GetTempPath(), "decloud-stale-" + Guid.NewGuid().ToString("n")[..8]);
        await File.WriteAllTextAsync(stale, "");
        var (socket, path) = await DaemonSocket.ConnectAsync([stale, daemon.Uri.Socket!], CancellationToken.None);
        socket.Dispose();
        File.Delete(stale);
        Assert.Equal(daemon.Uri.Socket, path);
    }

    private static Procedure Ping { get; } = new(RpcProgram.KeepAlive, (int)KeepAliveProcedure.Ping);

    private static Procedure Pong { get; } = new(RpcProgram.KeepAlive, (int)KeepAliveProcedure.Pong);

    private static LibvirtConnectionOptions Watchful { get; } = ScriptedDaemon.Patient with
    {
        KeepAliveInterval = TimeSpan.FromMilliseconds(100),
        KeepAliveCount = 2,
    };
}
