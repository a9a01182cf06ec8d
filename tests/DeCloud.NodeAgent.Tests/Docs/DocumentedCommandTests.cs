using System.Text.RegularExpressions;
using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Tests.Docs;

/// <summary>What people copy out of the docs.</summary>
public sealed partial class DocumentedCommandTests
{
    private static readonly string Root = Architecture.Tree.Root;

    private static IEnumerable<string> Pages => Directory.EnumerateFiles(Path.Join(Root, "docs"), "*.md").Append(Path.Join(Root, "README.md"));

    [Fact]
    public void Every_decloud_in_the_docs_is_a_command_that_the_program_understands()
    {
        var decloud = new Decloud(new() { Out = TextWriter.Null, Error = TextWriter.Null, OutIsTerminal = false, ErrorIsTerminal = false, Environment = _ => null, Time = TimeProvider.System });
        var commands = Pages.SelectMany(page => CommandsIn(page).Select(command => (Page: Path.GetFileName(page), Command: command))).ToList();

        Assert.InRange(commands.Count, 20, 1000);
        Assert.Empty(commands.SelectMany(c => decloud.Parse(Words().Matches(c.Command).Select(w => w.Value.Trim('\'', '"')).Skip(1).ToList()).Errors.Select(e => $"{c.Page}: {c.Command}: {e.Message}")));
    }

    [Fact]
    public void The_package_is_installed_upgraded_and_removed_under_its_own_name_and_version()
    {
        var version = Regex.Match(File.ReadAllText(Path.Join(Root, "Directory.Build.props")), "<Version>(.*)</Version>").Groups[1].Value;
        var name = Regex.Match(File.ReadAllText(Path.Join(Root, "packaging", "debian", "control.in")), "(?m)^Package: (.*)$").Groups[1].Value;
        var install = File.ReadAllText(Path.Join(Root, "docs", "install.md"));

        Assert.Contains($"sudo apt install ./artifacts/package/{name}_{version}_amd64.deb", install, StringComparison.Ordinal);
        Assert.Contains($"sudo apt remove {name} ", install, StringComparison.Ordinal);
        Assert.Contains($"sudo apt purge {name} ", install, StringComparison.Ordinal);
    }

    /// <summary>The commands of a page's blocks of shell, each without sudo, redirections and what is said about it.</summary>
    private static IEnumerable<string> CommandsIn(string page) =>
        from block in Block().Matches(File.ReadAllText(page))
        from line in block.Groups[1].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
        from part in Between().Split(Remark().Replace(line, ""))
        let command = part.Trim().StartsWith("sudo ", StringComparison.Ordinal) ? part.Trim()["sudo ".Length..] : part.Trim()
        where command.StartsWith("decloud ", StringComparison.Ordinal)
        select command;

    [GeneratedRegex("(?s)```bash\\n(.*?)```")]
    private static partial Regex Block();

    [GeneratedRegex(@"\s+#.*$")]
    private static partial Regex Remark();

    [GeneratedRegex(@"\s(?:&&|\|\|?|>|<)\s?|;|\$\(|\)")]
    private static partial Regex Between();

    [GeneratedRegex("'[^']*'|\"[^\"]*\"|\\S+")]
    private static partial Regex Words();
}
