using System.CommandLine;
using System.Globalization;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Consoles;
using DeCloud.NodeAgent.Cli.Operations;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;

namespace DeCloud.NodeAgent.Cli.Vms;

/// <summary><c>decloud vm ...</c></summary>
internal static class VmCommands
{
    private const int PageSize = 1000;

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var vm = new Command("vm", "Virtual machines");
        vm.Subcommands.Add(List(decloud));
        vm.Subcommands.Add(Show(decloud));
        vm.Subcommands.Add(VmCreation.Build(decloud));
        vm.Subcommands.Add(Change(decloud, "start", "Start a VM, and go on trying until it runs"));
        vm.Subcommands.Add(Change(decloud, "stop", "Ask the guest to power off, and cut the power when it does not", new("--force") { Description = "Cut the power at once; what the guest has not written is lost" }));
        vm.Subcommands.Add(Change(decloud, "restart", "Ask the guest to reboot, and reset it when it does not"));
        vm.Subcommands.Add(Change(decloud, "reset", "Press the reset button; what the guest has not written is lost"));
        vm.Subcommands.Add(Change(decloud, "pause", "Stop the virtual CPUs"));
        vm.Subcommands.Add(Change(decloud, "resume", "Let the virtual CPUs run again"));
        vm.Subcommands.Add(Delete(decloud));
        vm.Subcommands.Add(History(decloud));
        vm.Subcommands.Add(ConsoleCommand.Build(decloud));
        vm.Subcommands.Add(Logs(decloud));
        vm.Subcommands.Add(Vnc(decloud));
        return vm;
    }

    private static Command List(Decloud decloud)
    {
        var state = new Option<string?>("--state") { Description = "Only VMs in this state", HelpName = "STATE" }.AcceptOnlyFromAmongStates();
        var name = new Option<string?>("--name") { Description = "Only VMs of exactly this name", HelpName = "NAME" };
        var label = new Option<string[]>("--label") { Description = "Only VMs with this label; may be repeated", HelpName = "KEY=VALUE" };
        var (json, watch, interval) = (Shared.Json(), Shared.Watch(), Shared.Interval());
        var command = new Command("list", "List VMs") { state, name, label, json, watch, interval };
        command.Aliases.Add("ls");
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            var query = $"/api/vms?limit={PageSize}"
                + Parameter("state", parsed.GetValue(state))
                + Parameter("name", parsed.GetValue(name))
                + string.Concat((parsed.GetValue(label) ?? []).Select(l => Parameter("label", l)));
            async Task ShowAsync()
            {
                var vms = new List<VmResource>();
                for (var after = (string?)""; after is not null;)
                {
                    var reply = await session.Agent.GetAsync(query + Parameter("after", after), cancellation).ConfigureAwait(false);
                    if (parsed.GetValue(json))
                    {
                        session.Screen.Json(reply.Body);
                    }

                    var page = reply.As(AgentClient.Types.PageVmResource);
                    vms.AddRange(page.Items);
                    after = page.Next;
                }

                if (!parsed.GetValue(json))
                {
                    session.Screen.Print(VmTables.List(vms.OrderBy(vm => vm.Name, StringComparer.Ordinal).ThenBy(vm => vm.CreatedAt), session.World.Time.GetUtcNow()));
                }
            }

            await (parsed.GetValue(watch) ? session.Screen.WatchAsync(parsed.GetValue(interval), ShowAsync, cancellation) : ShowAsync()).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Command Show(Decloud decloud)
    {
        var vm = VmNames.Argument();
        var (json, watch, interval) = (Shared.Json(), Shared.Watch(), Shared.Interval());
        return decloud.On(new("show", "Show everything of a VM") { vm, json, watch, interval }, async (session, parsed, cancellation) =>
        {
            var id = await VmNames.ResolveAsync(session.Agent, parsed.GetRequiredValue(vm), cancellation).ConfigureAwait(false);
            async Task ShowAsync()
            {
                var reply = await session.Agent.GetAsync($"/api/vms/{id}", cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                    return;
                }

                session.Screen.Print(VmTables.Show(reply.As(AgentClient.Types.VmResource), session.World.Time.GetUtcNow()));
            }

            await (parsed.GetValue(watch) ? session.Screen.WatchAsync(parsed.GetValue(interval), ShowAsync, cancellation) : ShowAsync()).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Command Change(Decloud decloud, string what, string description, Option<bool>? force = null)
    {
        var vm = VmNames.Argument();
        var following = new FollowOptions();
        var command = new Command(what, description) { vm };
        if (force is not null)
        {
            command.Options.Add(force);
        }

        following.AddTo(command);
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            var id = await VmNames.ResolveAsync(session.Agent, parsed.GetRequiredValue(vm), cancellation).ConfigureAwait(false);
            var path = $"/api/vms/{id}/{what}{(force is not null && parsed.GetValue(force) ? "?force=true" : "")}";
            var reply = await session.Agent.ChangeAsync(HttpMethod.Post, path, null, following.KeyOf(parsed), cancellation).ConfigureAwait(false);
            return await following.FollowAsync(session, parsed, reply, cancellation).ConfigureAwait(false);
        });
    }

    private static Command Delete(Decloud decloud)
    {
        var vm = VmNames.Argument();
        var following = new FollowOptions();
        var command = new Command("delete", "Cut the power and remove the VM with its disk") { vm };
        command.Aliases.Add("rm");
        following.AddTo(command);
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            var id = await VmNames.ResolveAsync(session.Agent, parsed.GetRequiredValue(vm), cancellation).ConfigureAwait(false);
            var reply = await session.Agent.ChangeAsync(HttpMethod.Delete, $"/api/vms/{id}", null, following.KeyOf(parsed), cancellation).ConfigureAwait(false);
            return await following.FollowAsync(session, parsed, reply, cancellation).ConfigureAwait(false);
        });
    }

    private static Command History(Decloud decloud)
    {
        var vm = VmNames.Argument();
        var json = Shared.Json();
        return decloud.On(new("history", "Show every event in a VM's life; a deleted VM's by its id") { vm, json }, async (session, parsed, cancellation) =>
        {
            var id = await VmNames.ResolveAsync(session.Agent, parsed.GetRequiredValue(vm), cancellation).ConfigureAwait(false);
            var entries = new List<HistoryEntryResource>();
            for (var after = (string?)"0"; after is not null;)
            {
                var reply = await session.Agent.GetAsync($"/api/vms/{id}/history?limit={PageSize}&after={Uri.EscapeDataString(after)}", cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                }

                var page = reply.As(AgentClient.Types.PageHistoryEntryResource);
                entries.AddRange(page.Items);
                after = page.Next;
            }

            if (!parsed.GetValue(json))
            {
                session.Screen.Print(VmTables.History(entries));
            }

            return ExitCode.Done;
        });
    }

    private static Command Logs(Decloud decloud)
    {
        var vm = VmNames.Argument();
        var tail = Shared.Bytes("--tail", "How much of the end, at most 1MiB. Default: 16KiB", 16 << 10);
        return decloud.On(new("logs", "Print the end of what the guest wrote on its serial console") { vm, tail }, async (session, parsed, cancellation) =>
        {
            var id = await VmNames.ResolveAsync(session.Agent, parsed.GetRequiredValue(vm), cancellation).ConfigureAwait(false);
            var reply = await session.Agent.GetAsync($"/api/vms/{id}/console?tail={parsed.GetValue(tail).ToString(CultureInfo.InvariantCulture)}", cancellation).ConfigureAwait(false);
            session.Screen.Text(reply.Body);
            return ExitCode.Done;
        });
    }

    private static Command Vnc(Decloud decloud)
    {
        var vm = VmNames.Argument();
        var json = Shared.Json();
        return decloud.On(new("vnc", "Open a port of the node's loopback address for one VNC viewer") { vm, json }, async (session, parsed, cancellation) =>
        {
            var id = await VmNames.ResolveAsync(session.Agent, parsed.GetRequiredValue(vm), cancellation).ConfigureAwait(false);
            var reply = await session.Agent.ChangeAsync(HttpMethod.Post, $"/api/vms/{id}/vnc", null, Guid.NewGuid().ToString(), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(reply.Body);
                return ExitCode.Done;
            }

            var ticket = reply.As(AgentClient.Types.VncTicketResource);
            session.Screen.Line(string.Create(CultureInfo.InvariantCulture, $"vncviewer {ticket.Host}::{ticket.Port}"));
            session.Screen.Say($"For one viewer on the node itself, until {Quantities.Show(ticket.ExpiresAt)}.");
            return ExitCode.Done;
        });
    }

    private static string Parameter(string name, string? value) => string.IsNullOrEmpty(value) ? "" : $"&{name}={Uri.EscapeDataString(value)}";

    private static Option<string?> AcceptOnlyFromAmongStates(this Option<string?> option)
    {
        option.AcceptOnlyFromAmong("running", "paused", "stopped", "absent", "unknown");
        return option;
    }
}
