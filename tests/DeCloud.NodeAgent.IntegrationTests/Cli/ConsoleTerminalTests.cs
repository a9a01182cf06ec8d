using DeCloud.NodeAgent.Contracts.Rest;
using DeCloud.NodeAgent.IntegrationTests.Agent;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Terminal;

/// <summary><c>decloud vm console</c> in a terminal: it takes every key for the guest, and gives the terminal back however it ends.</summary>
public sealed class ConsoleTerminalTests(AgentLab lab) : AgentTests(lab), IClassFixture<AgentLab>
{
    private const int Done = 0, NotReachable = 3, Interrupted = 130;

    [Fact]
    public async Task Keys_go_to_the_guest_and_the_terminal_is_given_back_whatever_ends_the_console()
    {
        var vm = await Lab.ReadyVmAsync();

        // With the key, which the guest never sees.
        await AssertGivenBackAsync(vm, Done, async terminal =>
        {
            terminal.Type("help\r");
            await terminal.ShowsAsync("decloud-test-guest: commands:");
            terminal.Type("\u001d");
        });

        // By whoever ends the program, without a key being pressed.
        foreach (var signal in new[] { "TERM", "INT", "HUP" })
        {
            await AssertGivenBackAsync(vm, Interrupted, terminal => LibvirtHost.SignalAsync(signal, terminal.Pid));
        }

        // Because the agent is gone, and because the VM is.
        await AssertGivenBackAsync(vm, NotReachable, _ => Lab.Agent.Kill9Async());
        await Lab.Agent.StartReadyAsync();
        await AssertGivenBackAsync(vm, Done, async _ => await Lab.Api.DoneAsync(await Lab.Api.ChangeAsync(vm.Id, "stop?force=true")));
        await Lab.RemoveAsync(vm.Id);
    }

    private async Task AssertGivenBackAsync(VmResource vm, int exit, Func<PseudoTerminal, Task> end)
    {
        using var terminal = new PseudoTerminal();
        var before = await terminal.SettingsAsync("-g");
        terminal.Run(DecloudProgram.Path, "vm", "console", vm.Id.ToString(), "--url", $"http://127.0.0.1:{Lab.Agent.Port}");
        await terminal.ShowsAsync("Connected. Ctrl-] leaves the console.");
        await Patience.UntilAsync(
            "every key goes on at once, Ctrl-C too, and none is echoed",
            TimeSpan.FromSeconds(5),
            async () => (await terminal.SettingsAsync("-a")).Split([' ', ';', '\n']) is var settings && new[] { "-icanon", "-isig", "-echo", "-ixon", "-icrnl" }.All(settings.Contains),
            () => terminal.Shown);

        await end(terminal);
        Assert.Equal(exit, await terminal.EndAsync());
        Assert.Equal(before, await terminal.SettingsAsync("-g"));
    }
}
