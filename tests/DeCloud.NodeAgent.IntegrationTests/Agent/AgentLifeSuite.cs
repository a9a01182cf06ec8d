using System.Net;
using System.Net.Sockets;
using System.Text;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>What a user sees of a VM's life; the same on every database.</summary>
public abstract class AgentLifeSuite(AgentLab lab) : AgentTests(lab)
{
    [Fact]
    public async Task A_vm_lives_its_whole_life_over_http()
    {
        var created = await Lab.Api.CreateAsync(Lab.Small() with { Name = "life", Labels = new Dictionary<string, string> { ["for"] = "test" } });
        var id = created.Vm!.Id;
        await Lab.Api.DoneAsync(created);
        await Lab.GuestReadyAsync(id, 1);
        var vm = await Lab.AddressAsync(id);
        Assert.Equal(("running", "booted"), (vm.Status.State, vm.Status.Reason));
        var status = await AgentLab.AskGuestAsync(vm, "");
        Assert.Contains($"instance-id: i-{id}\n", status, StringComparison.Ordinal);
        Assert.Contains("hostname: life\n", status, StringComparison.Ordinal);
        Assert.Contains("boot: 1\n", status, StringComparison.Ordinal);
        Assert.Contains($"address: {vm.Addresses[0]}", status, StringComparison.Ordinal);
        Assert.Contains("seed on /dev/vdb", await Lab.Api.ConsoleAsync(id), StringComparison.Ordinal);
        await Lab.Invariants.AssertAsync();

        vm = (await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(id, "stop")))!;
        Assert.Equal(("stopped", "guest-shutdown"), (vm.Status.State, vm.Status.Reason));
        Assert.Equal(("stopped", "api"), (vm.Intent.State, vm.Intent.By));
        Assert.Contains("decloud-test-guest: poweroff", await Lab.Api.ConsoleAsync(id), StringComparison.Ordinal);
        Assert.Empty(Lab.Invariants.QemusOf(id));
        await Lab.Invariants.AssertAsync();

        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(id, "start"));
        await Lab.GuestReadyAsync(id, 2);
        vm = await Lab.AddressAsync(id);
        status = await AgentLab.AskGuestAsync(vm, "");
        Assert.Contains("boot: 2\n", status, StringComparison.Ordinal);
        Assert.Contains($"instance-id: i-{id}\n", status, StringComparison.Ordinal);

        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(id);
        Assert.Equal((HttpStatusCode.Gone, "vm-deleted"), StatusOf(await Lab.Api.SendAsync(HttpMethod.Get, $"/api/vms/{id}")));
        Assert.DoesNotContain(await Lab.Api.VmsAsync(), v => v.Id == id);
        Assert.Empty(Lab.Invariants.QemusOf(id));
        await Lab.Invariants.AssertAsync(id);
    }

    [Fact]
    public async Task A_running_vm_is_paused_resumed_restarted_and_reset_without_a_new_qemu()
    {
        var vm = await Lab.ReadyVmAsync();
        var qemu = Assert.Single(Lab.Invariants.QemusOf(vm.Id));

        var paused = (await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "pause")))!;
        Assert.Equal(("paused", "user-paused"), (paused.Status.State, paused.Status.Reason));
        await Lab.Invariants.AssertAsync();
        var resumed = (await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "resume")))!;
        Assert.Equal("running", resumed.Status.State);
        await Lab.Invariants.AssertAsync();

        var restarted = (await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "restart")))!;
        Assert.Equal("running", restarted.Status.State);
        await Lab.GuestReadyAsync(vm.Id, 2);
        await Lab.Invariants.AssertAsync();

        await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "reset"));
        await Lab.GuestReadyAsync(vm.Id, 3);
        Assert.Contains($"instance-id: i-{vm.Id}\n", await AgentLab.AskGuestAsync(vm, ""), StringComparison.Ordinal);
        Assert.Equal([qemu], Lab.Invariants.QemusOf(vm.Id));
        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(vm.Id);
    }

    [Fact]
    public async Task A_guest_that_ignores_the_power_button_loses_its_power_after_the_grace()
    {
        var vm = await Lab.ReadyVmAsync(Lab.Small() with { UserData = "#cloud-config\n# decloud-test-guest: ignore-power-button\n" });
        var stopped = (await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "stop")))!;
        Assert.Equal(("stopped", "destroyed"), (stopped.Status.State, stopped.Status.Reason));
        Assert.Equal("api", stopped.Intent.By);
        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(vm.Id);
    }

    [Fact]
    public async Task A_ticket_opens_the_screen_to_one_viewer_and_closes_behind_it()
    {
        var vm = (await Lab.Api.DoneAsync(await Lab.Api.CreateAsync(Lab.Small())))!;
        var answer = await Lab.Api.TryChangeAsync(vm.Id, "vnc");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var ticket = answer.As(RestJson.Default.VncTicketResource);

        using (var viewer = new TcpClient())
        {
            await viewer.ConnectAsync(ticket.Host, ticket.Port);
            var banner = new byte[12];
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await viewer.GetStream().ReadExactlyAsync(banner, deadline.Token);
            Assert.StartsWith("RFB 003.", Encoding.ASCII.GetString(banner), StringComparison.Ordinal);
            Assert.False(await AnswersAsync(ticket), "a second viewer came in");
        }

        Assert.False(await AnswersAsync(ticket), "the ticket was good for a second time");
        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(vm.Id);
    }

    [Fact]
    public async Task Twenty_creates_under_one_key_make_one_vm()
    {
        var key = Guid.NewGuid().ToString();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Lab.Api.CreateAsync(Lab.Small(64), key)));
        var id = Assert.Single(answers.Select(a => a.Vm!.Id).Distinct());
        Assert.Single(answers.Select(a => a.Operation.Id).Distinct());
        await Lab.Api.DoneAsync(answers[0]);
        Assert.Equal([id], (await Lab.Api.VmsAsync()).Select(v => v.Id));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency-conflict"), StatusOf(await Lab.Api.TryCreateAsync(Lab.Small(65), key)));
        await Lab.Agent.RestartAsync();
        Assert.Equal(answers[0].Operation.Id, (await Lab.Api.CreateAsync(Lab.Small(64), key)).Operation.Id);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency-conflict"), StatusOf(await Lab.Api.TryCreateAsync(Lab.Small(65), key)));
        await Lab.Invariants.AssertAsync();
        await Lab.RemoveAsync(id);
        Assert.Equal(answers[0].Operation.Id, (await Lab.Api.CreateAsync(Lab.Small(64), key)).Operation.Id);
        await Lab.Invariants.AssertAsync(id);
    }

    /// <summary>Whether the port of a ticket still leads to a screen.</summary>
    private static async Task<bool> AnswersAsync(VncTicketResource ticket)
    {
        using var viewer = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await viewer.ConnectAsync(ticket.Host, ticket.Port, deadline.Token);
            return await viewer.GetStream().ReadAsync(new byte[1], deadline.Token) > 0;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }

    private static (HttpStatusCode Status, string Code) StatusOf(Answer answer) => (answer.Status, answer.Code);
}
