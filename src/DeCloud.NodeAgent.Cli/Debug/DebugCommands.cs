using System.CommandLine;
using System.Globalization;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Configuration;
using DeCloud.NodeAgent.Cli.Doctor;
using DeCloud.NodeAgent.Cli.Node;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Cli.Debug;

/// <summary><c>decloud debug bundle</c>: everything that whoever helps will ask for, in one file, without secrets and without what tenants gave.</summary>
internal static class DebugCommands
{
    private const int MostHistories = 50, MostEvents = 2000, LogLines = 5000;

    /// <summary>How long the stream of events is read: what there is already comes at once.</summary>
    private static readonly TimeSpan EventTime = TimeSpan.FromSeconds(2);

    private static readonly (string Name, string Path)[] Questions =
    [
        ("node.json", "/api/node"), ("health.json", "/health"), ("readiness.json", "/readyz"), ("configuration.json", "/api/node/configuration"), ("resources.json", "/api/node/resources"),
        ("snapshot.json", "/api/node/snapshot"), ("capacity.json", "/api/node/capacity"), ("foreign-domains.json", "/api/node/foreign-domains"), ("vms.json", "/api/vms?limit=1000"),
        ("images.json", "/api/images"), ("operations.json", "/api/operations?limit=200"), ("ports.json", "/api/ports"), ("wireguard.json", "/api/wireguard"), ("orchestrator.json", "/api/orchestrator"),
        ("actors.json", "/api/actors"), ("dead-letters.json", "/api/dead-letters"), ("warnings.json", "/api/warnings?state=all"),
    ];

    private static readonly (string Name, string Program, string[] Arguments)[] Programs =
    [
        ("agent.log", "/usr/bin/journalctl", ["--unit=decloud-agent", "--no-pager", "--output=short-iso-precise", "--lines=" + LogLines]),
        ("unit.txt", "/usr/bin/systemctl", ["status", "--no-pager", "--lines=0", "decloud-agent.service"]),
        ("kernel.txt", "/usr/bin/uname", ["-a"]),
    ];

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var command = new Command("debug", "Help for whoever looks for a fault");
        command.Subcommands.Add(BundleCommand(decloud));
        return command;
    }

    private static Command BundleCommand(Decloud decloud)
    {
        var output = new Option<string?>("--out", "-o") { Description = "The file to make. Default: decloud-debug-TIME.tar.gz here", HelpName = "FILE" };
        return decloud.On(new("bundle", "Gather state, settings, health, histories and logs in one archive, without secrets and tenants' data") { output }, async (session, parsed, cancellation) =>
        {
            var now = session.World.Time.GetUtcNow();
            var path = Path.GetFullPath(parsed.GetValue(output) ?? $"decloud-debug-{now.UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture)}.tar.gz");
            try
            {
                var bundle = new Bundle(path, now);
                await using (bundle.ConfigureAwait(false))
                {
                    await FillAsync(bundle, session, cancellation).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException(ExitCode.Usage, $"{path} can't be made: {e.Message}", e);
            }

            session.Screen.Line(path);
            session.Screen.Say("decloud: secrets and tenants' data are left out; names, labels and addresses of VMs are in it. Look before you give it away.");
            return ExitCode.Done;
        });
    }

    private static async Task FillAsync(Bundle bundle, Session session, CancellationToken cancellation)
    {
        await bundle.AddAsync("decloud.txt", $"decloud {typeof(DebugCommands).Assembly.GetName().Version} on {System.Runtime.InteropServices.RuntimeInformation.OSDescription}, {Quantities.Show(session.World.Time.GetUtcNow())}\n", cancellation).ConfigureAwait(false);
        string? vms = null;
        foreach (var (name, question) in Questions)
        {
            var answer = await AskAsync(session, question, cancellation).ConfigureAwait(false);
            vms = name == "vms.json" ? answer : vms;
            await bundle.AddAsync(name, Redaction.Json(answer), cancellation).ConfigureAwait(false);
        }

        foreach (var id in IdsIn(vms).Take(MostHistories))
        {
            await bundle.AddAsync($"history/{id}.json", Redaction.Json(await AskAsync(session, $"/api/vms/{id}/history", cancellation).ConfigureAwait(false)), cancellation).ConfigureAwait(false);
        }

        await bundle.AddAsync("events.jsonl", await EventsAsync(session, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
        foreach (var (name, program, arguments) in Programs)
        {
            if (File.Exists(program) && await AgentProgram.RunAsync(program, arguments, cancellation).ConfigureAwait(false) is { } ran)
            {
                await bundle.AddAsync(name, Redaction.Text(ran.Output + ran.Errors), cancellation).ConfigureAwait(false);
            }
        }

        var findings = Checks.Of(await new HostProbe(session, AgentProgram.Installed).LookAsync(cancellation).ConfigureAwait(false));
        await bundle.AddAsync("doctor.txt", string.Concat(findings.Select(f => $"{f.Verdict}\t{f.Check}\t{Redaction.Text(f.Detail)}\t{f.Remedy}\n")), cancellation).ConfigureAwait(false);
    }

    // What can't be answered is a finding too.
    private static async Task<string> AskAsync(Session session, string path, CancellationToken cancellation)
    {
        try
        {
            return (await session.Agent.GetAsync(path, cancellation).ConfigureAwait(false)).Body;
        }
        catch (ProblemException e)
        {
            return e.Body;
        }
        catch (CliException e)
        {
            return $"{path}: {e.Message}\n";
        }
    }

    private static IEnumerable<Guid> IdsIn(string? vms)
    {
        try
        {
            return vms is null ? [] : [.. new Reply(200, vms).As(AgentClient.Types.PageVmResource).Items.Select(vm => vm.Id)];
        }
        catch (CliException)
        {
            return [];
        }
    }

    private static async Task<string> EventsAsync(Session session, CancellationToken cancellation)
    {
        var last = new Queue<string>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var clock = session.World.Time.CreateTimer(_ => end.Cancel(), null, EventTime, Timeout.InfiniteTimeSpan);
        try
        {
            using var stream = await session.Agent.OpenEventsAsync(0, end.Token).ConfigureAwait(false);
            await foreach (var (_, data) in EventLines.ReadAsync(await stream.Content.ReadAsStreamAsync(end.Token).ConfigureAwait(false), end.Token).ConfigureAwait(false))
            {
                last.Enqueue(data);
                if (last.Count > MostEvents)
                {
                    last.Dequeue();
                }
            }
        }
        catch (Exception e) when (e is CliException or ProblemException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            // What was read until then is what there is.
        }

        return string.Concat(last.Select(e => Redaction.Json(e).ReplaceLineEndings("").Replace("  ", "", StringComparison.Ordinal) + "\n"));
    }
}
