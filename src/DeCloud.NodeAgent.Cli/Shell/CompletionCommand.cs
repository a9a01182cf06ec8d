using System.CommandLine;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary><c>decloud completion SHELL</c>: prints what makes a shell ask this program for completions.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # decloud: completion for bash. Load it with: source <(decloud completion bash)
        _decloud() {
            local line="${COMP_LINE:0:COMP_POINT}" word="${COMP_WORDS[COMP_CWORD]}"
            local IFS=$'\n'
            COMPREPLY=($(compgen -W "$(decloud "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _decloud decloud

        """;

    private const string Zsh = """
        #compdef decloud
        # decloud: completion for zsh. Load it with: source <(decloud completion zsh)
        _decloud() {
            local line="${words[1,CURRENT]}"
            local -a found
            found=("${(@f)$(decloud "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- "${found[@]}"
            _files
        }
        compdef _decloud decloud

        """;

    private const string Fish = """
        # decloud: completion for fish. Load it with: decloud completion fish | source
        function __decloud
            set -l line (commandline -cp)
            decloud "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c decloud -a '(__decloud)'

        """;

    /// <summary>Makes the command.</summary>
    public static Command Build(Decloud decloud)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        return decloud.On(new("completion", "Print a script that lets a shell complete commands") { shell }, (session, parsed, _) =>
        {
            session.Screen.Verbatim((parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish }).ReplaceLineEndings("\n"));
            return Task.FromResult(ExitCode.Done);
        });
    }
}
