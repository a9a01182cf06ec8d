using System.CommandLine;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using DeCloud.NodeAgent.Cli.Vms;
using DeCloud.NodeAgent.Contracts.Rest;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Operations;

/// <summary><c>decloud op ...</c></summary>
internal static class OperationCommands
{
    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("op", "Operations: what became of requests");
        command.Subcommands.Add(List(decloud));
        command.Subcommands.Add(Show(decloud));
        command.Subcommands.Add(Wait(decloud));
        command.Subcommands.Add(Cancel(decloud));
        return command;
    }

    private static Argument<string> Id() => new("ID") { Description = "Id of the operation" };

    private static Command List(Decloud decloud)
    {
        var status = new Option<string?>("--status") { Description = "Only operations that stand so", HelpName = "STATUS" };
        status.AcceptOnlyFromAmong("running", "succeeded", "failed", "superseded");
        var vm = new Option<string?>("--vm") { Description = "Only operations on this VM, by name or id", HelpName = "VM" };
        var limit = new Option<int>("--limit") { Description = "How many at most, the latest first, 1 to 1000. Default: 50", HelpName = "N", DefaultValueFactory = _ => 50 };
        var (json, watch, interval) = (Shared.Json(), Shared.Watch(), Shared.Interval());
        var command = new Command("list", "List operations, the latest first") { status, vm, limit, json, watch, interval };
        command.Aliases.Add("ls");
        return decloud.On(command, async (session, parsed, cancellation) =>
        {
            var path = $"/api/operations?limit={parsed.GetValue(limit)}{(parsed.GetValue(status) is { } wanted ? $"&status={wanted}" : "")}";
            if (parsed.GetValue(vm) is { } name)
            {
                path += "&resource=" + Uri.EscapeDataString($"/api/vms/{await VmNames.ResolveAsync(session.Agent, name, cancellation).ConfigureAwait(false)}");
            }

            async Task ShowAsync()
            {
                var reply = await session.Agent.GetAsync(path, cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                    return;
                }

                session.Screen.Print(Table(reply.As(AgentClient.Types.PageOperationResource).Items, session.World.Time.GetUtcNow()));
            }

            await (parsed.GetValue(watch) ? session.Screen.WatchAsync(parsed.GetValue(interval), ShowAsync, cancellation) : ShowAsync()).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Command Show(Decloud decloud)
    {
        var id = Id();
        var (json, watch, interval) = (Shared.Json(), Shared.Watch(), Shared.Interval());
        return decloud.On(new("show", "Show an operation") { id, json, watch, interval }, async (session, parsed, cancellation) =>
        {
            async Task ShowAsync()
            {
                var reply = await session.Agent.GetAsync($"/api/operations/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}", cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    session.Screen.Json(reply.Body);
                    return;
                }

                session.Screen.Print(Facts(reply.As(AgentClient.Types.OperationResource)));
            }

            await (parsed.GetValue(watch) ? session.Screen.WatchAsync(parsed.GetValue(interval), ShowAsync, cancellation) : ShowAsync()).ConfigureAwait(false);
            return ExitCode.Done;
        });
    }

    private static Command Wait(Decloud decloud)
    {
        var id = Id();
        var json = Shared.Json();
        var timeout = Shared.Duration("--timeout", "How long to wait. Default: until it ends", TimeSpan.Zero);
        return decloud.On(new("wait", "Wait for the end of an operation; ends with 1 when it failed") { id, timeout, json }, (session, parsed, cancellation) =>
            new OperationWait(session, null, parsed.GetValue(json), parsed.GetValue(timeout)).UntilEndAsync(parsed.GetRequiredValue(id), cancellation));
    }

    private static Command Cancel(Decloud decloud)
    {
        var id = Id();
        var (json, key) = (Shared.Json(), Shared.Key());
        return decloud.On(new("cancel", "Give up an operation that still waits or downloads; a VM that was being created or started stays, stopped") { id, key, json }, async (session, parsed, cancellation) =>
        {
            var reply = await session.Agent.ChangeAsync(
                HttpMethod.Post, $"/api/operations/{Uri.EscapeDataString(parsed.GetRequiredValue(id))}/cancel", null, parsed.GetValue(key) ?? Guid.NewGuid().ToString(), cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                session.Screen.Json(reply.Body);
                return ExitCode.Done;
            }

            var operation = reply.As(AgentClient.Types.OperationResource);
            session.Screen.Line($"{operation.Kind} {operation.Resource}: cancelled");
            return ExitCode.Done;
        });
    }

    private static Table Table(IEnumerable<OperationResource> operations, DateTimeOffset now)
    {
        var table = Cells.Table("ID", "KIND", "STATUS", "RESOURCE", "AGE", "STAGE");
        foreach (var operation in operations)
        {
            table.AddRow(
                Cells.Of(operation.Id), Cells.Of(operation.Kind), Cells.State(operation.Status), Cells.Of(operation.Resource),
                Cells.Of(Quantities.Show(now - operation.AcceptedAt)), Cells.Of(operation.Error?.Message ?? operation.Stage ?? ""));
        }

        return table;
    }

    private static Table Facts(OperationResource operation) => Cells.Facts(
        ("id", Cells.Of(operation.Id)),
        ("kind", Cells.Of(operation.Kind)),
        ("status", Cells.State(operation.Status)),
        ("resource", Cells.Of(operation.Resource)),
        ("asked by", Cells.Of($"{operation.RequestedBy}, under the key {operation.RequestId}")),
        ("accepted", Cells.Of(Quantities.Show(operation.AcceptedAt))),
        ("ended", Cells.Maybe(operation.CompletedAt is { } end ? Quantities.Show(end) : null)),
        ("stage", Cells.Maybe(operation.Stage)),
        ("progress", Cells.Maybe(operation.Progress is { } p ? $"{Quantities.Show(p.DoneBytes)}{(p.TotalBytes is { } total ? $" of {Quantities.Show(total)}" : "")}" : null)),
        ("error", Cells.Warning(operation.Error is { } error ? $"{error.Code}: {error.Message}" : null)),
        ("next try", Cells.Maybe(operation.Error?.NextTryAt is { } next ? Quantities.Show(next) : null)));
}
