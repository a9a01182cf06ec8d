using System.Net.WebSockets;
using System.Text;
using DeCloud.NodeAgent.Api.Consoles;
using DeCloud.NodeAgent.Core.Consoles;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Api;

public sealed class ConsoleTests : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private const string Token = "0123456789abcdef0123456789abcdef";
    private readonly ScriptedConsoles _consoles = new();
    private ApiHost _host = new();

    public async Task InitializeAsync()
    {
        _host = await ApiHost.StartAsync(("Http:ApiToken", Token));
        _host.Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);
        _host.Vms.Answers(new VmReply.Found(Samples.Vm()));
        _host.Node.Answers(new ConsoleAccess(_consoles, null));
    }

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_ticket_opens_the_serial_console_without_a_token_and_bytes_go_both_ways()
    {
        var answer = await TicketAsync();
        Assert.Equal(201, answer.Status);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        var path = answer.Json.GetProperty("path").GetString()!;
        Assert.Equal("/api/consoles/" + answer.Json.GetProperty("ticket").GetString(), path);
        Assert.Equal(43, answer.Json.GetProperty("ticket").GetString()!.Length);

        using var client = await ConnectAsync(path, "binary");
        Assert.Equal("binary", client.SubProtocol);
        await client.SendAsync("ls\n"u8.ToArray(), WebSocketMessageType.Binary, true, default);
        Assert.Equal("ls\n", await _consoles.Line.TypedAsync());
        _consoles.Line.Print("a\0b");
        Assert.Equal("a\0b", await ReadAsync(client));

        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default).WaitAsync(Deadline);
        await _consoles.Line.HungUp.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_ticket_is_good_once_and_a_plain_request_does_not_use_it_up()
    {
        var path = await PathAsync();
        var plain = await _host.Get(path);
        Assert.Equal((426, "upgrade-required"), (plain.Status, plain.Problem));

        using var client = await ConnectAsync(path);
        Assert.Equal(404, await RefusedAsync(path));
        Assert.Equal(404, await RefusedAsync("/api/consoles/" + new string('A', 43)));
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1:1")]
    public async Task A_page_of_another_origin_opens_nothing_and_uses_no_ticket_up(string origin)
    {
        var path = await PathAsync();

        Assert.Equal(403, await RefusedAsync(path, ("Origin", origin)));
        Assert.Equal(403, await RefusedAsync(path, ("Sec-Fetch-Site", "cross-site")));
        Assert.Equal(421, await RefusedAsync(path, ("Host", "evil.example")));
        Assert.Equal(403, (await _host.Post($"/api/vms/{Samples.Id}/tickets", """{"kind":"serial"}""", ("Origin", origin))).Status);

        using var own = await ConnectAsync(path, null, ("Origin", _host.Address.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(WebSocketState.Open, own.State);
    }

    [Theory]
    [InlineData("""{"kind":"spice"}""", 400, "invalid-request")]
    [InlineData("""{}""", 400, "invalid-request")]
    [InlineData("""{"kind":"serial","vm":"x"}""", 400, "invalid-request")]
    [InlineData("", 400, "malformed-json")]
    public async Task A_wish_that_is_wrong_is_refused(string body, int status, string code)
    {
        var answer = await _host.Post($"/api/vms/{Samples.Id}/tickets", body);
        Assert.Equal((status, code), (answer.Status, answer.Problem));
        Assert.Equal(400, (await _host.Post($"/api/vms/{Samples.Id}/tickets?takeover=true", """{"kind":"vnc"}""")).Status);
    }

    [Fact]
    public async Task A_ticket_needs_the_token_and_a_vm_that_runs()
    {
        _host.Client.DefaultRequestHeaders.Authorization = null;
        Assert.Equal(401, (await TicketAsync()).Status);
        _host.Client.DefaultRequestHeaders.Authorization = new("Bearer", Token);

        var before = await PathAsync();
        _host.Vms.Answers(new VmReply.Found(Samples.Vm(state: "stopped")));
        var answer = await TicketAsync();
        Assert.Equal((409, FailureCodes.VmNotRunning), (answer.Status, answer.Problem));
        Assert.Equal(409, await RefusedAsync(before));

        _host.Vms.Answers(new VmReply.Refused(new(FailureCodes.VmDeleted, "Gone.", true)));
        Assert.Equal((410, FailureCodes.VmDeleted), ((answer = await TicketAsync()).Status, answer.Problem));
    }

    [Fact]
    public async Task A_second_client_is_told_of_the_first_and_may_take_over()
    {
        using var first = await ConnectAsync(await PathAsync());
        var busy = await TicketAsync();
        Assert.Equal((409, FailureCodes.ConsoleBusy), (busy.Status, busy.Problem));

        using var second = await ConnectAsync(await PathAsync("?takeover=true"));
        Assert.Equal(4002, await CloseCodeAsync(first));
        Assert.Equal([false, true], _consoles.TookOver);
        _consoles.Line.Print("yours");
        Assert.Equal("yours", await ReadAsync(second));
    }

    [Fact]
    public async Task The_close_code_says_why_a_console_ended()
    {
        using (var client = await ConnectAsync(await PathAsync()))
        {
            _consoles.Line.End(null);
            Assert.Equal(4000, await CloseCodeAsync(client));
        }

        using (var client = await ConnectAsync(await PathAsync()))
        {
            _consoles.Line.End(new ConsoleOverrunException());
            Assert.Equal(4001, await CloseCodeAsync(client));
        }

        using (var client = await ConnectAsync(await PathAsync()))
        {
            _consoles.Line.End(FailureException.Transient(FailureCodes.HypervisorUnavailable, "Lost."));
            Assert.Equal(4003, await CloseCodeAsync(client));
        }

        using (var client = await ConnectAsync(await PathAsync()))
        {
            await client.SendAsync("text"u8.ToArray(), WebSocketMessageType.Text, true, default);
            Assert.Equal(1003, await CloseCodeAsync(client));
        }

        using (var client = await ConnectAsync(await PathAsync()))
        {
            var stopping = _host.StopAsync();
            Assert.Equal(1001, await CloseCodeAsync(client));
            await stopping.WaitAsync(Deadline);
        }
    }

    [Fact]
    public async Task Places_are_bounded_a_vm_and_come_back()
    {
        var clients = new List<ClientWebSocket>();
        var paths = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            paths.Add(await PathAsync());
        }

        for (var i = 0; i < 4; i++)
        {
            clients.Add(await ConnectAsync(paths[i]));
        }

        Assert.Equal(429, await RefusedAsync(paths[4]));
        clients.ForEach(c => c.Dispose());
        for (var i = 0; (await TicketAsync()).Status != 201; i++)
        {
            Assert.True(i < 1000);
            await Task.Delay(10);
        }

        using var again = await ConnectAsync(await PathAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_read_is_sent_away()
    {
        var line = new ScriptedLine();
        var client = new StuckSocket();
        var bridge = new ConsoleBridge(client, line, TimeProvider.System) { Patience = TimeSpan.FromMilliseconds(50) };

        line.Print("hello");

        Assert.Equal(ConsoleEnd.SlowReader, await bridge.RunAsync(new TaskCompletionSource<ConsoleEnd>().Task, default).WaitAsync(Deadline));
    }

    [Fact]
    public void Tickets_expire_are_bounded_and_open_nothing_else()
    {
        var clock = new Clock();
        var tickets = new ConsoleTickets(clock);
        var vm = VmId.New();
        var first = tickets.Issue(vm, ConsoleKind.Vnc, false, "me")!.Value;
        Assert.Equal(clock.Now.AddSeconds(30), first.Ticket.ExpiresAt);

        clock.Now += TimeSpan.FromSeconds(29.9);
        Assert.Null(tickets.Redeem(first.Text.ToLowerInvariant()));
        Assert.Equal((vm, ConsoleKind.Vnc), (tickets.Redeem(first.Text)!.Vm, first.Ticket.Kind));
        Assert.Null(tickets.Redeem(first.Text));

        var second = tickets.Issue(vm, ConsoleKind.Serial, false, "me")!.Value;
        clock.Now += TimeSpan.FromSeconds(30);
        Assert.Null(tickets.Redeem(second.Text));

        Assert.All(Enumerable.Range(0, 16), _ => Assert.NotNull(tickets.Issue(vm, ConsoleKind.Serial, false, "me")));
        Assert.Null(tickets.Issue(vm, ConsoleKind.Serial, false, "me"));
        for (var i = 16; i < 256; i++)
        {
            Assert.NotNull(tickets.Issue(VmId.New(), ConsoleKind.Serial, false, "me"));
        }

        Assert.Null(tickets.Issue(VmId.New(), ConsoleKind.Serial, false, "me"));
        clock.Now += TimeSpan.FromSeconds(30);
        Assert.NotNull(tickets.Issue(vm, ConsoleKind.Serial, false, "me"));
    }

    private Task<Answer> TicketAsync(string query = "") => _host.Post($"/api/vms/{Samples.Id}/tickets{query}", """{"kind":"serial"}""");

    private async Task<string> PathAsync(string query = "")
    {
        Answer answer;
        for (var i = 0; (answer = await TicketAsync(query)).Status == 409 && i < 1000; i++)
        {
            // The one before is on its way out.
            await Task.Delay(10);
        }

        Assert.True(answer.Status == 201, answer.Text);
        return answer.Json.GetProperty("path").GetString()!;
    }

    private async Task<ClientWebSocket> ConnectAsync(string path, string? protocol = null, params (string Name, string Value)[] headers)
    {
        var client = new ClientWebSocket();
        if (protocol is not null)
        {
            client.Options.AddSubProtocol(protocol);
        }

        foreach (var (name, value) in headers)
        {
            client.Options.SetRequestHeader(name, value);
        }

        client.Options.CollectHttpResponseDetails = true;
        try
        {
            await client.ConnectAsync(new($"ws://{_host.Address.Authority}{path}"), default).WaitAsync(Deadline);
            return client;
        }
        catch (WebSocketException)
        {
            throw new RefusedException((int)client.HttpStatusCode);
        }
    }

    private async Task<int> RefusedAsync(string path, params (string Name, string Value)[] headers) =>
        (await Assert.ThrowsAsync<RefusedException>(() => ConnectAsync(path, null, headers))).Status;

    private static async Task<string> ReadAsync(ClientWebSocket client)
    {
        var buffer = new byte[100];
        var received = await client.ReceiveAsync(buffer, default).WaitAsync(Deadline);
        Assert.Equal(WebSocketMessageType.Binary, received.MessageType);
        return Encoding.ASCII.GetString(buffer, 0, received.Count);
    }

    private static async Task<int> CloseCodeAsync(ClientWebSocket client)
    {
        var received = await client.ReceiveAsync(new byte[100], default).WaitAsync(Deadline);
        Assert.Equal(WebSocketMessageType.Close, received.MessageType);
        Assert.NotEmpty(client.CloseStatusDescription!);
        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        return (int)client.CloseStatus!;
    }

    private sealed class RefusedException(int status) : Exception
    {
        public int Status => status;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>A client whose network took nothing more.</summary>
    private sealed class StuckSocket : WebSocket
    {
        private readonly TaskCompletionSource _aborted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override WebSocketCloseStatus? CloseStatus => null;

        public override string? CloseStatusDescription => null;

        public override WebSocketState State => _aborted.Task.IsCompleted ? WebSocketState.Aborted : WebSocketState.Open;

        public override string? SubProtocol => null;

        public override void Abort() => _aborted.TrySetResult();

        public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) => _aborted.Task.WaitAsync(cancellationToken);

        public override void Dispose()
        {
        }

        public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
        {
            await _aborted.Task.WaitAsync(cancellationToken);
            throw new WebSocketException(WebSocketError.ConnectionClosedPrematurely);
        }

        public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => _aborted.Task.WaitAsync(cancellationToken);
    }
}
