using System.CommandLine;
using System.Text.Json;
using DeCloud.NodeAgent.Cli.Configuration;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;
using Spectre.Console;

namespace DeCloud.NodeAgent.Cli.Doctor;

/// <summary><c>decloud doctor</c></summary>
internal static class DoctorCommand
{
    private static readonly Style Good = new(Color.Green), Bad = new(Color.Red), Odd = new(Color.Yellow);

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var json = Shared.Json();
        json.Description = "Print the findings as JSON";
        var quiet = new Option<bool>("--quiet", "-q") { Description = "Only what wants attention" };
        var program = new Option<string>("--agent") { Description = $"The agent's program. Default: {AgentProgram.Installed}", HelpName = "PATH", DefaultValueFactory = _ => AgentProgram.Installed };
        return decloud.On(new("doctor", "Tell what this host lacks to host VMs, and what to do; ends with 1 when something does not work") { quiet, program, json }, async (session, parsed, cancellation) =>
        {
            var findings = Checks.Of(await new HostProbe(session, parsed.GetValue(program)!).LookAsync(cancellation).ConfigureAwait(false));
            if (parsed.GetValue(json))
            {
                session.Screen.Json(JsonOf(findings));
            }
            else
            {
                Print(session, findings, parsed.GetValue(quiet));
            }

            return findings.Any(f => f.Verdict == Verdict.Fail) ? ExitCode.Refused : ExitCode.Done;
        });
    }

    private static void Print(Session session, IReadOnlyList<Finding> findings, bool isQuiet)
    {
        var table = Cells.Table("", "CHECK", "FOUND");
        foreach (var finding in findings.Where(f => !isQuiet || f.Verdict is Verdict.Warn or Verdict.Fail))
        {
            table.AddRow(new Text(Word(finding.Verdict), finding.Verdict switch { Verdict.Pass => Good, Verdict.Fail => Bad, Verdict.Warn => Odd, _ => Style.Plain }), Cells.Of(finding.Check), Cells.Of(finding.Detail));
            if (finding.Remedy is { } remedy)
            {
                table.AddRow(new Text(""), new Text(""), Cells.Of("> " + remedy));
            }
        }

        if (table.Rows.Count > 0)
        {
            session.Screen.Print(table);
        }

        session.Screen.Say(string.Join(", ", findings.GroupBy(f => f.Verdict).OrderByDescending(g => g.Key).Select(g => $"{g.Count()} {Word(g.Key)}")));
    }

    private static string Word(Verdict verdict) => verdict switch { Verdict.Pass => "pass", Verdict.Skip => "skip", Verdict.Warn => "warn", _ => "fail" };

    private static string JsonOf(IReadOnlyList<Finding> findings)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("findings");
            foreach (var finding in findings)
            {
                writer.WriteStartObject();
                writer.WriteString("check", finding.Check);
                writer.WriteString("verdict", Word(finding.Verdict));
                writer.WriteString("detail", finding.Detail);
                if (finding.Remedy is { } remedy)
                {
                    writer.WriteString("remedy", remedy);
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
