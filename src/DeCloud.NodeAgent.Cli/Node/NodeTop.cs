using System.CommandLine;
using System.Globalization;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Node;

/// <summary><c>decloud node top</c>: what the machine and its VMs are doing, live on a terminal and once elsewhere.</summary>
internal static class NodeTop
{
    private const int PageSize = 1000;

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var json = Shared.Json();
        var once = new Option<bool>("--once") { Description = "Show it once; the default where the output is no terminal" };
        var interval = Shared.Duration("--interval", "Time between two looks. Default: 2s", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(500));
        return decloud.On(new("top", "Watch what the machine and its VMs are doing, the busiest VMs first") { once, interval, json }, async (session, parsed, cancellation) =>
        {
            async Task ShowAsync()
            {
                var reply = await session.Agent.GetAsync("/api/node/snapshot", cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                    return;
                }

                var names = (await session.Agent.GetAsync($"/api/vms?limit={PageSize}&state=running", cancellation).ConfigureAwait(false)).As(AgentClient.Types.PageVmResource).Items.ToDictionary(vm => vm.Id, vm => vm.Name);
                var snapshot = reply.As(AgentClient.Types.NodeSnapshot);
                session.Screen.Print(Machine(snapshot));
                session.Screen.Line("");
                session.Screen.Print(Vms(snapshot, names));
            }

            await (session.World.OutIsTerminal && !parsed.GetValue(once) ? session.Screen.WatchAsync(parsed.GetValue(interval), ShowAsync, cancellation) : ShowAsync()).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Table Machine(NodeSnapshot node) => Cells.Facts(
    [
        ("at", Cells.Of(Quantities.Show(node.At))),
        ("cpu", Cells.Maybe(node.Cpu is { } cpu ? Text($"{cpu.BusyPercent:0.0} % busy, {cpu.GuestPercent:0.0} % guests, {cpu.IoWaitPercent:0.0} % waiting for disks{(node.Load is { } load ? Text($"; load {load.OneMinute:0.00} {load.FiveMinutes:0.00} {load.FifteenMinutes:0.00}") : "")}") : null)),
        ("memory", Cells.Maybe(node.Memory is { } memory ? $"{Quantities.Show(memory.TotalBytes - (memory.AvailableBytes ?? 0))} of {Quantities.Show(memory.TotalBytes)} used" : null)),
        ("pressure", Cells.Maybe(node.Pressure is { } pressure ? Text($"cpu {pressure.Cpu?.SomeAvg10Percent ?? 0:0.0} %, memory {pressure.Memory?.SomeAvg10Percent ?? 0:0.0} %, disks {pressure.Io?.SomeAvg10Percent ?? 0:0.0} % of the last 10 s") : null)),
        .. node.Disks.Select(d => ($"disk {TerminalText.Escape(d.Name)}", (Spectre.Console.Rendering.IRenderable?)Cells.Of(Text($"{Rate(d.ReadBytesPerSecond)} read, {Rate(d.WriteBytesPerSecond)} written, {d.BusyPercent ?? 0:0} % busy")))),
        .. node.Interfaces.Where(i => i.Name != "lo").Select(i => ($"net {TerminalText.Escape(i.Name)}", (Spectre.Console.Rendering.IRenderable?)Cells.Of($"{Rate(i.ReceiveBytesPerSecond)} in, {Rate(i.TransmitBytesPerSecond)} out"))),
        .. node.FileSystems.Select(f => ($"room {TerminalText.Escape(f.MountPoint)}", (Spectre.Console.Rendering.IRenderable?)Cells.Of($"{Quantities.Show(f.AvailableBytes)} of {Quantities.Show(f.TotalBytes)} free"))),
        ("vms", Cells.Maybe(node.Vms.Reason)),
    ]);

    private static Table Vms(NodeSnapshot node, Dictionary<Guid, string> names)
    {
        var table = Cells.Table("VM", "CPUS", "MEMORY", "READ", "WRITTEN", "IN", "OUT");
        foreach (var vm in (node.Vms.Items ?? []).OrderByDescending(v => v.CpuCores ?? 0).ThenBy(v => v.Id))
        {
            table.AddRow(
                Cells.Of(names.GetValueOrDefault(vm.Id) ?? vm.Id.ToString()),
                Cells.Of(vm.CpuCores is { } cores ? Text($"{cores:0.00}") : null),
                Cells.Of(vm.ResidentBytes is { } resident ? Quantities.Show(resident) : null),
                Cells.Of(Rate(vm.ReadBytesPerSecond)),
                Cells.Of(Rate(vm.WriteBytesPerSecond)),
                Cells.Of(Rate(vm.ReceiveBytesPerSecond)),
                Cells.Of(Rate(vm.TransmitBytesPerSecond)));
        }

        return table;
    }

    private static string Rate(double? bytesPerSecond) => bytesPerSecond is { } rate ? Quantities.Show((long)rate) + "/s" : "-";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
