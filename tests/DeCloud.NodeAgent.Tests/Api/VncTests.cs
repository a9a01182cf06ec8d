using System.Net.Sockets;
using System.Text;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Vnc;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class VncTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);
    private readonly string _path = Path.Join(Path.GetTempPath(), $"vnc-{Guid.NewGuid():N}.sock");
    private readonly Socket _vm = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly ApiHost _host = new();

    public async Task InitializeAsync()
    {
        _vm.Bind(new UnixDomainSocketEndPoint(_path));
        _vm.Listen();
        await _host.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        _vm.Dispose();
        File.Delete(_path);
        await _host.DisposeAsync();
    }

    [Fact]
    public async Task The_port_that_was_given_leads_one_viewer_to_the_vm_and_nobody_else()
    {
        _host.Node.Answers(new VncSocket(_path, null));
        var ticket = await _host.Post($"/api/vms/{Samples.Id}/vnc");
        Assert.Equal((200, "127.0.0.1"), (ticket.Status, ticket.Json.GetProperty("host").GetString()));
        Assert.Equal(Samples.Id, _host.Node.Last<NodeQueries.GetVncSocket>().VmId.Value);
        var port = ticket.Json.GetProperty("port").GetInt32();

        using var viewer = await ConnectAsync(port);
        using var vm = await _vm.AcceptAsync().WaitAsync(Deadline);
        await vm.SendAsync("RFB 003.008\n"u8.ToArray());
        Assert.Equal("RFB 003.008\n", await ReceiveAsync(viewer));
        await viewer.SendAsync("hello"u8.ToArray());
        Assert.Equal("hello", await ReceiveAsync(vm));

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port));

        vm.Dispose();
        Assert.Equal("", await ReceiveAsync(viewer));
    }

    [Fact]
    public async Task A_vm_without_a_screen_says_why()
    {
        _host.Node.Answers(new VncSocket(null, new(FailureCodes.VmNotRunning, "Start it.", false)));

        var answer = await _host.Post($"/api/vms/{Samples.Id}/vnc");

        Assert.Equal((409, FailureCodes.VmNotRunning), (answer.Status, answer.Problem));
    }

    [Fact]
    public async Task Much_data_arrives_whole_in_both_directions()
    {
        await using var relay = Relay();
        using var viewer = await ConnectAsync(relay.Open(_path)!.Port);
        using var vm = await _vm.AcceptAsync().WaitAsync(Deadline);
        var data = new byte[3_000_000];
        new Random(1).NextBytes(data);

        foreach (var (from, to) in new[] { (viewer, vm), (vm, viewer) })
        {
            var sending = Task.Run(async () =>
            {
                for (var sent = 0; sent < data.Length;)
                {
                    sent += await from.SendAsync(data.AsMemory(sent));
                }
            });
            var received = new byte[data.Length];
            for (var count = 0; count < data.Length;)
            {
                count += await to.ReceiveAsync(received.AsMemory(count)).AsTask().WaitAsync(Deadline);
            }

            await sending;
            Assert.Equal(data, received);
        }
    }

    [Fact]
    public async Task A_port_without_a_viewer_is_closed_when_its_time_is_over()
    {
        await using var relay = Relay(patience: TimeSpan.FromMilliseconds(100));
        var port = relay.Open(_path)!;

        await EmptyAsync(relay);

        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(port.Port));
    }

    [Fact]
    public async Task The_number_of_ports_is_bounded_and_places_come_back()
    {
        await using var relay = Relay(most: 2);
        var first = relay.Open(_path)!;
        Assert.NotNull(relay.Open(_path));
        Assert.Null(relay.Open(_path));

        using (await ConnectAsync(first.Port))
        {
            using var vm = await _vm.AcceptAsync().WaitAsync(Deadline);
        }

        while (relay.Count > 1)
        {
            await Task.Yield();
        }

        Assert.NotNull(relay.Open(_path));
    }

    [Fact]
    public async Task Viewers_are_cut_off_when_the_agent_stops()
    {
        var relay = Relay();
        var waiting = relay.Open(_path)!;
        using var viewer = await ConnectAsync(relay.Open(_path)!.Port);
        using var vm = await _vm.AcceptAsync().WaitAsync(Deadline);

        await relay.DisposeAsync().AsTask().WaitAsync(Deadline);

        Assert.Equal("", await ReceiveAsync(viewer));
        Assert.Equal("", await ReceiveAsync(vm));
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(waiting.Port));
    }

    [Fact]
    public async Task A_viewer_of_a_vm_that_is_gone_is_let_go()
    {
        await using var relay = Relay();
        using var viewer = await ConnectAsync(relay.Open(_path + ".gone")!.Port);
        Assert.Equal("", await ReceiveAsync(viewer));
        await EmptyAsync(relay);
    }

    [Fact]
    public async Task A_path_that_is_too_long_for_a_socket_is_a_failure_of_the_host()
    {
        await using var relay = Relay();
        Assert.Equal(FailureCodes.HostError, Assert.Throws<FailureException>(() => relay.Open("/" + new string('a', 200))).Failure.Code);
        Assert.Equal(0, relay.Count);
    }

    private static LoopbackRelay Relay(TimeSpan? patience = null, int most = 32) => new(TimeProvider.System, NullLogger<LoopbackRelay>.Instance, patience, most);

    private static async Task EmptyAsync(LoopbackRelay relay)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while (relay.Count > 0)
        {
            await Task.Delay(5, deadline.Token);
        }
    }

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", port).WaitAsync(Deadline);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[100];
        try
        {
            var count = await socket.ReceiveAsync(buffer).WaitAsync(Deadline);
            return Encoding.ASCII.GetString(buffer, 0, count);
        }
        catch (SocketException)
        {
            return "";
        }
    }
}
