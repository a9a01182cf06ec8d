using System.Diagnostics;
using DeCloud.Libvirt;
using DeCloud.Libvirt.Domains;
using DeCloud.Libvirt.Protocol;
using DeCloud.Libvirt.Xdr;

namespace DeCloud.NodeAgent.Tests.Libvirt;

public sealed class CallTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_reply_settles_its_call_in_whatever_order_replies_come()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;

        var hostname = connection.Host.GetHostnameAsync();
        var type = connection.Host.GetDriverNameAsync();
        var first = await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);
        var second = await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetType);
        await daemon.ReplyAsync(second, writer => writer.String("Fake"));
        Assert.Equal("Fake", await type);
        Assert.False(hostname.IsCompleted);
        await daemon.ReplyAsync(first, writer => writer.String("here"));
        Assert.Equal("here", await hostname);
    }

    [Fact]
    public async Task An_error_carries_code_domain_level_and_message()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;

        var call = connection.Domains.GetStatusAsync(DomainRef.Of(Guid.NewGuid()));
        await daemon.FailAsync(await daemon.ReceiveCallAsync(RemoteProcedure.DomainGetState), LibvirtErrorCode.NoDomain, "no such");

        var error = await Assert.ThrowsAsync<LibvirtException>(() => call);
        Assert.Equal(
            (LibvirtErrorCode.NoDomain, LibvirtErrorDomain.Qemu, LibvirtErrorLevel.Error, "no such"),
            (error.Code, error.Domain, error.Level, error.Message));
        Assert.False(connection.Closed.IsCompleted);
    }

    [Fact]
    public async Task No_more_calls_than_allowed_are_at_the_daemon_and_the_rest_keeps_its_order()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync(ScriptedDaemon.Patient with { MaxInFlight = 2 });
        await using var _ = daemon;

        var names = Enumerable.Range(0, 6).Select(i => "n" + i).ToArray();
        var calls = names.Select(name => connection.Domains.FindAsync(name)).ToArray();
        var waiting = new Queue<ScriptedDaemon.Call>();
        waiting.Enqueue(await daemon.ReceiveAsync());
        waiting.Enqueue(await daemon.ReceiveAsync());
        var seen = waiting.Select(NameOf).ToList();
        while (waiting.Count > 0)
        {
            Assert.False(daemon.HearsWithin(TimeSpan.FromMilliseconds(20)), "a call beyond the limit was sent");
            await daemon.FailAsync(waiting.Dequeue(), LibvirtErrorCode.NoDomain, "");
            if (seen.Count < names.Length)
            {
                waiting.Enqueue(await daemon.ReceiveAsync());
                seen.Add(NameOf(waiting.Last()));
            }
        }

        Assert.Equal(names, seen);
        Assert.All(await Task.WhenAll(calls), Assert.Null);

        static string NameOf(ScriptedDaemon.Call call)
        {
            var reader = new XdrReader(call.Arguments);
            return reader.ReadString();
        }
    }

    [Fact]
    public async Task A_call_cancelled_before_its_turn_is_never_sent()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync(ScriptedDaemon.Patient with { MaxInFlight = 1 });
        await using var _ = daemon;
        using var cancel = new CancellationTokenSource();

        var first = connection.Host.GetHostnameAsync();
        var cancelled = connection.Domains.DestroyAsync(DomainRef.Of(Guid.NewGuid()), cancellationToken: cancel.Token);
        var third = connection.Host.GetDriverNameAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname), writer => writer.String("here"));
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetType), writer => writer.String("Fake"));
        Assert.Equal("here", await first);
        Assert.Equal("Fake", await third);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connection.Host.GetHostnameAsync(cancel.Token));
        Assert.False(daemon.HearsWithin(TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task Silence_ends_a_call_by_its_deadline_and_says_whether_it_was_sent()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync(ScriptedDaemon.Patient with { MaxInFlight = 1 });
        await using var _ = daemon;
        var host = connection.Host.Within(TimeSpan.FromMilliseconds(200));

        var clock = Stopwatch.StartNew();
        var sent = host.GetHostnameAsync();
        var unsent = host.GetDriverNameAsync();
        Assert.True((await Assert.ThrowsAsync<LibvirtTimeoutException>(() => sent)).WasSent);
        Assert.False((await Assert.ThrowsAsync<LibvirtTimeoutException>(() => unsent)).WasSent);
        Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(180), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_late_reply_of_an_abandoned_call_is_ignored_and_frees_its_place()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync(ScriptedDaemon.Patient with { MaxInFlight = 1 });
        await using var _ = daemon;
        using var cancel = new CancellationTokenSource();

        var abandoned = connection.Host.GetHostnameAsync(cancel.Token);
        var call = await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
        Assert.Equal(1, connection.AbandonedCalls);

        var next = connection.Host.GetDriverNameAsync();
        Assert.False(daemon.HearsWithin(TimeSpan.FromMilliseconds(50)), "the place was given on while the daemon was busy");
        await daemon.ReplyAsync(call, writer => writer.String("too late"));
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetType), writer => writer.String("Fake"));
        Assert.Equal("Fake", await next);
        Assert.Equal(0, connection.AbandonedCalls);
    }

    [Fact]
    public async Task Arguments_that_cannot_be_sent_are_refused_and_harm_nothing()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;

        await Assert.ThrowsAsync<ArgumentException>(() => connection.Domains.DefineAsync("a\0b"));

        var call = connection.Host.GetHostnameAsync();
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname), writer => writer.String("here"));
        Assert.Equal("here", await call);
    }

    [Fact]
    public async Task Disposing_says_goodbye_and_ends_what_is_under_way()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;

        var call = connection.Host.GetHostnameAsync();
        await daemon.ReceiveCallAsync(RemoteProcedure.ConnectGetHostname);
        var disposing = connection.DisposeAsync().AsTask();
        await daemon.ReplyAsync(await daemon.ReceiveCallAsync(RemoteProcedure.ConnectClose));
        await disposing.WaitAsync(Patience);

        var lost = await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => call);
        Assert.True(lost.WasSent);
        Assert.Equal(LibvirtCloseKind.Disposed, (await connection.Closed).Kind);
        Assert.False((await Assert.ThrowsAsync<LibvirtConnectionLostException>(() => connection.Host.GetHostnameAsync())).WasSent);
        await connection.DisposeAsync();
    }

    [Fact]
    public async Task Many_callers_at_once_each_get_their_own_answer()
    {
        var (daemon, connection) = await ScriptedDaemon.StartAsync();
        await using var _ = daemon;
        const int Calls = 2_000;
        var serving = Task.Run(async () =>
        {
            for (var i = 0; i < Calls; i++)
            {
                var call = await daemon.ReceiveCallAsync(RemoteProcedure.DomainLookupByName);
                await daemon.ReplyAsync(call, writer => Echo(writer, call));
            }
        });

        await Parallel.ForAsync(0, Calls, async (i, token) =>
            Assert.Equal("d" + i, (await connection.Domains.FindAsync("d" + i, token))!.Value.Name));
        await serving.WaitAsync(Patience);

        static void Echo(XdrWriter writer, ScriptedDaemon.Call call)
        {
            var reader = new XdrReader(call.Arguments);
            writer.Domain(new DomainRef(reader.ReadString(), Guid.Empty, 1));
        }
    }
}
