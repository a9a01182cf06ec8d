using System.Runtime.InteropServices;
using DeCloud.NodeAgent.Cli.Confinement;
using DeCloud.NodeAgent.Cli.Output;
using DeCloud.NodeAgent.Cli.Shell;

// Told by the agent, not by people, and over before anything else is made.
if (args is [NetworklessProgram.Word, ..])
{
    return NetworklessProgram.Become(args.AsSpan(1));
}

using var end = new CancellationTokenSource();

// The first Ctrl-C ends what is waited for and lets it say how to go on; a second one ends the program.
void Interrupt(PosixSignalContext context)
{
    context.Cancel = !end.IsCancellationRequested;
    end.Cancel();
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Interrupt);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
try
{
    return await new Decloud(World.OfProcess()).RunAsync(args, end.Token).ConfigureAwait(false);
}
catch (Exception e) when (e is not OutOfMemoryException)
{
    await Console.Error.WriteLineAsync($"decloud: this is a defect of decloud: {TerminalText.Escape($"{e.GetType().Name}: {e.Message}")}").ConfigureAwait(false);
    return ExitCode.Defect;
}
