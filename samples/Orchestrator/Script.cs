using System.Globalization;
using DeCloud.NodeAgent.Contracts.Remote;

namespace DeCloud.Orchestrator;

/// <summary>Carries out the commands that are typed or scripted.</summary>
internal sealed class Script(Fleet fleet, Output output)
{
    private const string Help = """
        nodes                                     every node: status, VMs, what is promised
        watch SECONDS                             the same, every second
        create [on=NODE] [id=UUID] name= vcpus= memory=BYTES disk=BYTES image=URL [hash=] [ssh=FILE] [user-data=FILE] [overlay=true]
                                                  on the best node unless one is named
        start VM [on=NODE]
        stop VM [on=NODE] [force=true]
        delete VM [on=NODE]
        peers NODE [add=KEY[@ADDRESS:PORT],CIDR[,CIDR ...][,keepalive:SECONDS] ...] [remove=KEY ...]
                                                  has the node talk to these peers in the overlay, and no longer to those; others stay
        report NODE
        drain NODE on|off
        wait SECONDS
        totals                                    how many nodes are attached, heartbeats and events so far
        quit
        Commands may have command=ID, deadline=SECONDS and trace=TRACEPARENT (W3C Trace Context). VM is an id; on= is needed for VMs that were not made here.
        """;

    private static readonly string[] Repeatable = ["add", "remove"];

    private readonly Dictionary<Guid, NodeRecord> _places = [];

    /// <summary>Carries out one line.</summary>
    /// <returns>False to end.</returns>
    public async Task<bool> RunAsync(string line, CancellationToken cancellation)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var given = words.Where(w => w.Contains('=', StringComparison.Ordinal)).Select(w => w.Split('=', 2)).ToLookup(w => w[0], w => w[1]);
        var plain = words.Where(w => !w.Contains('=', StringComparison.Ordinal)).ToArray();
        try
        {
            var named = given.Where(g => !Repeatable.Contains(g.Key)).ToDictionary(g => g.Key, g => g.Count() == 1 ? g.Single() : throw new FormatException($"'{g.Key}' is given twice"));
            switch (plain)
            {
                case [] or ["#", ..]:
                    break;
                case ["quit"]:
                    return false;
                case ["help"]:
                    await Console.Out.WriteLineAsync(Help);
                    break;
                case ["nodes"]:
                    ShowNodes();
                    break;
                case ["totals"]:
                    ShowTotals();
                    break;
                case ["watch", var seconds]:
                    for (var i = 0; i < Seconds(seconds); i++)
                    {
                        ShowNodes();
                        await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
                    }

                    break;
                case ["wait", var seconds]:
                    await Task.Delay(TimeSpan.FromSeconds(Seconds(seconds)), cancellation);
                    break;
                case ["create"]:
                    Create(named);
                    break;
                case ["start", var vm]:
                    Give(named, vm, (id, command, deadline) => new StartVm(Guid.Empty, command, deadline, id, Trace(named)));
                    break;
                case ["stop", var vm]:
                    Give(named, vm, (id, command, deadline) => new StopVm(Guid.Empty, command, deadline, id, named.GetValueOrDefault("force") == "true", Trace(named)));
                    break;
                case ["delete", var vm]:
                    Give(named, vm, (id, command, deadline) => new DeleteVm(Guid.Empty, command, deadline, id, Trace(named)));
                    break;
                case ["peers", var node]:
                    var peers = given["add"].Select(PeerWords.Parse).ToList();
                    Give(Node(node), new ReconcilePeers(Guid.Empty, CommandId(named), Deadline(named), peers, [.. given["remove"]], Trace(named)));
                    break;
                case ["report", var node]:
                    Give(Node(node), new Report(Guid.Empty, CommandId(named), Deadline(named), Trace(named)));
                    break;
                case ["drain", var node, "on" or "off"]:
                    Give(Node(node), new Drain(Guid.Empty, CommandId(named), Deadline(named), plain[2] == "on", Trace(named)));
                    break;
                default:
                    throw new FormatException("it is not understood; 'help' lists the commands");
            }
        }
        catch (Exception e) when (e is FormatException or KeyNotFoundException or IOException or OverflowException)
        {
            output.Say("wrong", ("line", line), ("why", e.Message));
        }

        return true;
    }

    private static string CommandId(Dictionary<string, string> named) => named.GetValueOrDefault("command") ?? Guid.NewGuid().ToString("n");

    private static DateTimeOffset? Deadline(Dictionary<string, string> named) =>
        named.TryGetValue("deadline", out var seconds) ? TimeProvider.System.GetUtcNow().AddSeconds(Seconds(seconds)) : null;

    private static string? Trace(Dictionary<string, string> named) => named.GetValueOrDefault("trace");

    private static int Seconds(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private NodeRecord Node(string name) => fleet.Nodes.TryGetValue(name, out var node) ? node : throw new FormatException($"there is no node '{name}'");

    private void Create(Dictionary<string, string> named)
    {
        var vm = new CreateVm(
            Guid.Empty,
            CommandId(named),
            Deadline(named),
            named.TryGetValue("id", out var id) ? Guid.Parse(id) : Guid.NewGuid(),
            named.GetValueOrDefault("name", "vm"),
            int.Parse(named.GetValueOrDefault("vcpus", "1"), CultureInfo.InvariantCulture),
            long.Parse(named.GetValueOrDefault("memory", "268435456"), CultureInfo.InvariantCulture),
            long.Parse(named.GetValueOrDefault("disk", "1073741824"), CultureInfo.InvariantCulture),
            named.GetValueOrDefault("image", ""),
            named.GetValueOrDefault("hash", ""),
            named.TryGetValue("ssh", out var ssh) ? File.ReadAllText(ssh).Trim() : "",
            named.TryGetValue("user-data", out var userData) ? File.ReadAllText(userData) : null,
            Overlay: named.GetValueOrDefault("overlay") == "true",
            TraceParent: Trace(named));
        var node = named.TryGetValue("on", out var wanted) ? Node(wanted)
            : Placement.Best(fleet.Nodes.Values, vm) ?? throw new FormatException("no node that is attached and ready has room for it");
        _places[vm.VmId] = node;
        output.Say("placed", ("vm", vm.VmId), ("node", node.Address.Name), ("command", vm.CommandId));
        Give(node, vm);
    }

    private void Give(Dictionary<string, string> named, string vm, Func<Guid, string, DateTimeOffset?, IRemoteCommand> make)
    {
        var id = Guid.Parse(vm);
        var node = named.TryGetValue("on", out var wanted) ? Node(wanted)
            : _places.TryGetValue(id, out var place) ? place
            : throw new FormatException("it is not known where this VM is; say on=NODE");
        Give(node, make(id, CommandId(named), Deadline(named)));
    }

    private void Give(NodeRecord node, IRemoteCommand command)
    {
        output.Say("given", ("node", node.Address.Name), ("command", command.CommandId), ("kind", command.GetType().Name));
        fleet.Give(node, command);
    }

    private void ShowNodes()
    {
        foreach (var node in fleet.Nodes.Values.OrderBy(n => n.Address.Name, StringComparer.Ordinal))
        {
            var beat = node.LastBeat;
            output.Say(
                "node",
                ("name", node.Address.Name),
                ("status", node.Status),
                ("why", node.Why),
                ("beats", node.Beats),
                ("ready", beat?.IsReady),
                ("draining", beat?.IsDraining),
                ("vms", beat?.Vms is { } vms ? string.Join(',', vms.OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}:{v.Value}")) : null),
                ("threads", beat?.Capacity?.Threads),
                ("promisedVCpus", beat?.Capacity?.PromisedVCpus),
                ("memory", beat?.Capacity?.MemoryBytes),
                ("promisedMemory", beat?.Capacity?.PromisedMemoryBytes),
                ("pending", node.Pending.Count));
        }
    }

    private void ShowTotals()
    {
        var nodes = fleet.Nodes.Values;
        output.Say(
            "totals",
            ("nodes", nodes.Count()),
            ("attached", nodes.Count(n => n.Status == "attached")),
            ("attaches", nodes.Sum(n => n.Attaches)),
            ("beats", nodes.Sum(n => n.Beats)),
            ("events", nodes.Sum(n => n.Events)),
            ("memoryBytes", Environment.WorkingSet),
            ("cpuMilliseconds", (long)Environment.CpuUsage.TotalTime.TotalMilliseconds));
    }
}
