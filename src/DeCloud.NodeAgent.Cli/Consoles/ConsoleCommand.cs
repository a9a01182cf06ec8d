using System.CommandLine;
using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Cli.Vms;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Consoles;

/// <summary><c>decloud vm console</c>: the serial console of a VM in this terminal.</summary>
internal static class ConsoleCommand
{
    private const int VmGone = 4000, TakenOver = 4002;
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var vm = VmNames.Argument();
        var readOnly = new Option<bool>("--read-only") { Description = "Print what the guest says and send nothing; the output may be a pipe" };
        var input = new Option<bool>("--stdin") { Description = "Send what comes on standard input, which may be a pipe, as it is; go on printing behind its end until Ctrl-C or the VM's end" };
        var takeover = new Option<bool>("--takeover") { Description = "Take the console from whoever has it" };
        var command = new Command("console", "Open a VM's serial console in this terminal; Ctrl-] leaves it. The terminal obeys what the guest prints") { vm, readOnly, input, takeover };
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            var (looks, pipes) = (parsed.GetValue(readOnly), parsed.GetValue(input));
            if (looks && pipes)
            {
                throw new CliException(ExitCode.Usage, "--read-only sends nothing and --stdin sends; give one of them.");
            }

            if (!looks && !pipes && !session.World.InIsTerminal)
            {
                throw new CliException(ExitCode.Usage, "Standard input is no terminal. --read-only prints without sending; --stdin sends what comes on it, for scripts.");
            }

            var id = await VmNames.ResolveAsync(session.Agent, parsed.GetRequiredValue(vm), cancellation).ConfigureAwait(false);
            var reply = await session.Agent.ChangeAsync(
                HttpMethod.Post,
                $"/api/vms/{id}/tickets{(parsed.GetValue(takeover) ? "?takeover=true" : "")}",
                JsonSerializer.Serialize(new CreateConsoleTicketRequest { Kind = "serial" }, RestJson.Default.CreateConsoleTicketRequest),
                Guid.NewGuid().ToString(),
                cancellation).ConfigureAwait(false);
            using var console = await session.Agent.OpenSocketAsync(reply.As(AgentClient.Types.ConsoleTicketResource).Path, cancellation).ConfigureAwait(false);
            if (!looks && !pipes)
            {
                session.Screen.Say("Connected. Ctrl-] leaves the console. Press Enter when nothing is shown.");
            }

            int exit;
            bool isLeft;
            using (looks || pipes ? null : session.World.MakeRaw())
            {
                (exit, isLeft) = await TalkAsync(session.World, console, sends: !looks, knowsEscape: !looks && !pipes, cancellation).ConfigureAwait(false);
            }

            session.Screen.Say(!isLeft && console.CloseStatus is { } code
                ? string.Create(CultureInfo.InvariantCulture, $"\nThe console is closed: {console.CloseStatusDescription} ({(int)code}).")
                : "\nThe console is left; the VM goes on.");
            return exit;
        });
    }

    private static async Task<(int Exit, bool IsLeft)> TalkAsync(World world, WebSocket console, bool sends, bool knowsEscape, CancellationToken cancellation)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var printing = PrintAsync(world.OpenOut(), console);
        var sending = sends ? SendAsync(world.OpenIn(), console, knowsEscape, over.Token) : WaitAsync(over.Token);
        var first = await Task.WhenAny(printing, sending).ConfigureAwait(false);
        if (first == printing)
        {
            await over.CancelAsync().ConfigureAwait(false);
            return (await printing.ConfigureAwait(false), false);
        }

        using var deadline = new CancellationTokenSource(Farewell);
        try
        {
            await console.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, deadline.Token).ConfigureAwait(false);
            await printing.WaitAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // Left either way.
        }

        return (cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Done, true);
    }

    private static async Task<int> PrintAsync(Stream output, WebSocket console)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var received = await console.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return (int?)console.CloseStatus switch
                    {
                        (int)WebSocketCloseStatus.NormalClosure or VmGone => ExitCode.Done,
                        TakenOver => ExitCode.Refused,
                        _ => ExitCode.NotReachable,
                    };
                }

                await output.WriteAsync(buffer.AsMemory(0, received.Count)).ConfigureAwait(false);
                await output.FlushAsync().ConfigureAwait(false);
            }
        }
        catch (WebSocketException e)
        {
            throw new CliException(ExitCode.NotReachable, $"The agent is gone: {e.Message}", e);
        }
    }

    private static async Task SendAsync(Stream input, WebSocket console, bool knowsEscape, CancellationToken over)
    {
        var buffer = new byte[4096];
        try
        {
            // A read of a terminal waits for a key whatever is cancelled; nobody waits for it then.
            while (await input.ReadAsync(buffer, over).AsTask().WaitAsync(over).ConfigureAwait(false) is > 0 and var count)
            {
                var (toGuest, leaves) = knowsEscape ? EscapeKey.Split(buffer.AsMemory(0, count)) : (buffer.AsMemory(0, count), false);
                if (!toGuest.IsEmpty)
                {
                    await console.SendAsync(toGuest, WebSocketMessageType.Binary, endOfMessage: true, over).ConfigureAwait(false);
                }

                if (leaves)
                {
                    return;
                }
            }

            if (!knowsEscape)
            {
                await WaitAsync(over).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The other direction says why.
        }
    }

    private static async Task WaitAsync(CancellationToken over) => await Task.Delay(Timeout.InfiniteTimeSpan, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
