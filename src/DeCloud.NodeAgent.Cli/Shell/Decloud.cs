using System.CommandLine;
using System.CommandLine.Invocation;
using DeCloud.NodeAgent.Cli.Actors;
using DeCloud.NodeAgent.Cli.Agent;
using DeCloud.NodeAgent.Cli.Configuration;
using DeCloud.NodeAgent.Cli.Debug;
using DeCloud.NodeAgent.Cli.Doctor;
using DeCloud.NodeAgent.Cli.Images;
using DeCloud.NodeAgent.Cli.Node;
using DeCloud.NodeAgent.Cli.Operations;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Peers;
using DeCloud.NodeAgent.Cli.Vms;
using DeCloud.NodeAgent.Cli.Warnings;

namespace DeCloud.NodeAgent.Cli.Shell;

/// <summary>The program: its commands, and how each ends.</summary>
internal sealed class Decloud
{
    private readonly World _world;
    private readonly RootCommand _root;

    /// <summary>Makes the program.</summary>
    public Decloud(World world)
    {
        _world = world;
        _root = new($"Looks after the virtual machines of a DeCloud node.\n\n{ExitCode.Help}");
        Connection.AddTo(_root);
        _root.Subcommands.Add(VmCommands.Build(this));
        _root.Subcommands.Add(ImageCommands.Build(this));
        _root.Subcommands.Add(NodeCommands.Build(this));
        _root.Subcommands.Add(OperationCommands.Build(this));
        _root.Subcommands.Add(ActorCommands.Build(this));
        _root.Subcommands.Add(DeadLetterCommand.Build(this));
        _root.Subcommands.Add(JournalCommands.Build(this));
        _root.Subcommands.Add(WarningCommands.Build(this));
        _root.Subcommands.Add(EventCommand.Build(this));
        _root.Subcommands.Add(DoctorCommand.Build(this));
        _root.Subcommands.Add(ConfigCommands.Build(this));
        _root.Subcommands.Add(PeerCommands.Build(this));
        _root.Subcommands.Add(DebugCommands.Build(this));
        _root.Subcommands.Add(WaitReadyCommand.Build(this));
        _root.Subcommands.Add(CompletionCommand.Build(this));
        _root.Subcommands.Add(ManualCommand.Build(this, _root));
    }

    /// <summary>Where the agent is.</summary>
    public ConnectionOptions Connection { get; } = new();

    /// <summary>Runs the program.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        var parsed = Parse(arguments);
        var invocation = new InvocationConfiguration { Output = _world.Out, Error = _world.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        if (parsed.Action is ParseErrorAction)
        {
            foreach (var error in parsed.Errors)
            {
                await _world.Error.WriteLineAsync($"decloud: {TerminalText.Escape(error.Message)}").ConfigureAwait(false);
            }

            await _world.Error.WriteLineAsync($"Try: {PathOf(parsed.CommandResult.Command)} --help").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        return await parsed.InvokeAsync(invocation, cancellation).ConfigureAwait(false);
    }

    /// <summary>Says what a command does when it is called, and turns every expected failure into a message and an exit code.</summary>
    public Command On(Command command, Func<Session, ParseResult, CancellationToken, Task<int>> action)
    {
        command.SetAction(async (parsed, cancellation) =>
        {
            using var session = Session.Open(_world, Connection, parsed);
            try
            {
                return await action(session, parsed, cancellation).ConfigureAwait(false);
            }
            catch (CliException e)
            {
                session.Screen.Say($"decloud: {e.Message}");
                return e.ExitCode;
            }
            catch (ProblemException e)
            {
                session.Screen.Say($"decloud: {e.Message}");
                return e.ExitCode;
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return ExitCode.Interrupted;
            }
            catch (IOException) when (!_world.OutIsTerminal)
            {
                // Whoever read the results has seen enough, as head does.
                return ExitCode.Done;
            }
        });
        return command;
    }

    /// <summary>What the arguments say. No response files: an argument that begins with @ is what it says.</summary>
    internal ParseResult Parse(IReadOnlyList<string> arguments) => _root.Parse(arguments, new() { ResponseFileTokenReplacer = null });

    private static string PathOf(Command command) =>
        command is RootCommand ? "decloud" : $"{PathOf(command.Parents.OfType<Command>().First())} {command.Name}";
}
