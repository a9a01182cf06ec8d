using System.CommandLine;
using System.Globalization;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Node;

/// <summary><c>decloud node ...</c></summary>
internal static class NodeCommands
{
    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("node", "The node");
        command.Subcommands.Add(Show(decloud));
        command.Subcommands.Add(NodeTop.Build(decloud));
        return command;
    }

    private static Command Show(Decloud decloud)
    {
        var (json, watch, interval) = (Shared.Json(), Shared.Watch(), Shared.Interval());
        return decloud.On(new("show", "Show the node at a glance") { json, watch, interval }, async (session, parsed, cancellation) =>
        {
            async Task ShowAsync()
            {
                var reply = await session.Agent.GetAsync("/api/node", cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                    return;
                }

                session.Screen.Print(Facts(reply.As(AgentClient.Types.NodeResource), session.World.Time.GetUtcNow()));
            }

            await (parsed.GetValue(watch) ? session.Screen.WatchAsync(parsed.GetValue(interval), ShowAsync, cancellation) : ShowAsync()).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Table Facts(NodeResource node, DateTimeOffset now) => Cells.Facts(
        ("agent", Cells.Of($"{node.Version}, up for {Quantities.Show(TimeSpan.FromSeconds(node.UptimeSeconds))}")),
        ("libvirt", Cells.State(node.Hypervisor.State)),
        ("since", Cells.Of($"{Quantities.Show(node.Hypervisor.Since)}, {Quantities.Show(now - node.Hypervisor.Since)} ago")),
        ("reason", Cells.Warning(node.Hypervisor.Reason)),
        ("versions", Cells.Maybe(node.Hypervisor.LibvirtVersion is { } libvirt ? $"libvirt {libvirt}, QEMU {node.Hypervisor.QemuVersion}" : null)),
        ("acceleration", node.Hypervisor.Acceleration is { } acceleration ? Cells.State(acceleration) : null),
        ("", Cells.Maybe(node.Hypervisor.AccelerationReason)),
        ("vms", Cells.Of(node.Vms.Count > 0 ? string.Join(", ", node.Vms.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Value} {v.Key}"))) : "none")),
        ("foreign domains", Cells.Of(node.ForeignDomains.ToString(CultureInfo.InvariantCulture))),
        ("reconciled", Cells.Of(node.Reconciled ? "yes" : "not yet")));
}
