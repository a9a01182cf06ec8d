using System.Text;
using CliWrap;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Infrastructure.Windows.Resources;

/// <summary>Runs a program of Windows or of a driver for what it writes, bounded in time and size.</summary>
internal static class BoundedProgram
{
    private const int LongestOutput = 4 << 20;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    /// <summary>What it writes to its standard output, as UTF-8.</summary>
    /// <param name="program">Its full path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="without">What is not known without it, for people.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="FailureException">It failed or took too long.</exception>
    public static async Task<string> ReadAsync(string program, IReadOnlyList<string> arguments, string without, CancellationToken cancellation)
    {
        var name = Path.GetFileName(program);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(Deadline);
        using var output = new MemoryStream();
        try
        {
            var result = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithWorkingDirectory(Path.GetDirectoryName(program)!)
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.Create((pipe, token) => CopyAsync(pipe, output, token)))
                .ExecuteAsync(stop.Token).ConfigureAwait(false);
            return result.ExitCode == 0
                ? Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length)
                : throw FailureException.Transient(FailureCodes.HostError, $"{name} failed with exit code {result.ExitCode}, so {without}.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw FailureException.Transient(FailureCodes.Timeout, $"{name} did not end within {Deadline.TotalSeconds:0} s, so {without}.");
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            throw FailureException.Transient(FailureCodes.HostError, $"{name} could not be started ({refused.Message}), so {without}.", refused);
        }
    }

    private static async Task CopyAsync(Stream pipe, MemoryStream output, CancellationToken cancellation)
    {
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await pipe.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            output.Write(buffer, 0, (int)Math.Min(read, LongestOutput - output.Length));
        }
    }
}
