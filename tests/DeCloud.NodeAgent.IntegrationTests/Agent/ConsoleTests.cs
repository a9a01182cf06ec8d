using System.Net;
using System.Net.WebSockets;
using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>Live consoles of real guests through WebSockets.</summary>
public sealed class ConsoleTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_command_typed_into_the_serial_console_is_answered_by_the_guest()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        await Lab.GuestReadyAsync(vm.Id, 1);
        using var console = await OpenAsync(vm.Id, "serial");
        Assert.Equal((HttpStatusCode.Conflict, "console-busy"), Codes(await TryTicketAsync(vm.Id, "serial")));

        await console.SendAsync("help\n"u8.ToArray(), WebSocketMessageType.Binary, true, default);
        await ReadUntilAsync(console, "decloud-test-guest: commands:");

        var sentAway = CloseCodeAsync(console);
        using var other = await OpenAsync(vm.Id, "serial", "?takeover=true");
        Assert.Equal(4002, await sentAway);
        await other.SendAsync("status\n"u8.ToArray(), WebSocketMessageType.Binary, true, default);
        await ReadUntilAsync(other, $"instance-id: i-{vm.Id}");

        var cutOff = CloseCodeAsync(other);
        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "stop?force=true"));
        Assert.Equal(4000, await cutOff);
        Assert.Equal((HttpStatusCode.Conflict, "vm-not-running"), Codes(await TryTicketAsync(vm.Id, "serial")));
        Assert.Contains("Console opened: Serial of VM " + vm.Id, Lab.Agent.Log, StringComparison.Ordinal);
        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(vm.Id);
    }

    [Fact]
    public async Task The_screen_speaks_VNC_and_a_stopping_agent_says_goodbye_and_leaves_the_vm()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        using var screen = await OpenAsync(vm.Id, "vnc");
        Assert.Equal("binary", screen.SubProtocol);
        await ReadUntilAsync(screen, "RFB 003.008");
        using var serial = await OpenAsync(vm.Id, "serial");
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));

        var farewells = new[] { CloseCodeAsync(screen), CloseCodeAsync(serial) };
        var stopping = Lab.Agent.StopAsync();
        Assert.All(await Task.WhenAll(farewells), code => Assert.Equal(1001, code));
        Assert.Equal(0, await stopping);
        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));

        await Lab.Agent.StartReadyAsync();
        using (await OpenAsync(vm.Id, "serial"))
        {
            await Lab.RemoveAsync(vm.Id);
        }

        await Lab.Invariants.AssertAsync(vm.Id);
    }

    private Task<Answer> TryTicketAsync(Guid id, string kind, string query = "") =>
        Lab.Api.SendAsync(HttpMethod.Post, $"/api/vms/{id}/tickets{query}", $$"""{"kind":"{{kind}}"}""");

    private async Task<ClientWebSocket> OpenAsync(Guid id, string kind, string query = "")
    {
        var answer = await TryTicketAsync(id, kind, query);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.ToString());
        var client = new ClientWebSocket();
        client.Options.AddSubProtocol("binary");
        await client.ConnectAsync(new($"ws://127.0.0.1:{Lab.Agent.Port}{answer.As(RestJson.Default.ConsoleTicketResource).Path}"), default).WaitAsync(Deadline);
        return client;
    }

    private static (HttpStatusCode, string?) Codes(Answer answer) => (answer.Status, answer.Code);

    private static async Task ReadUntilAsync(ClientWebSocket client, string wanted)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var seen = new StringBuilder();
        var buffer = new byte[4096];
        while (!seen.ToString().Contains(wanted, StringComparison.Ordinal))
        {
            var received = await client.ReceiveAsync(buffer, deadline.Token);
            Assert.True(received.MessageType == WebSocketMessageType.Binary, $"closed with {client.CloseStatus} after: {seen}");
            seen.Append(Encoding.Latin1.GetString(buffer, 0, received.Count));
        }
    }

    /// <summary>Begun before what ends the console: the agent waits two seconds for the answer to its close frame, then resets the connection.</summary>
    private static async Task<int> CloseCodeAsync(ClientWebSocket client)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        while ((await client.ReceiveAsync(new byte[4096], deadline.Token)).MessageType != WebSocketMessageType.Close)
        {
        }

        await client.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token);
        return (int)client.CloseStatus!;
    }
}
