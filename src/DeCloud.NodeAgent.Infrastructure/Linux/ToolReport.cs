using System.ComponentModel;
using DeCloud.NodeAgent.Core.Node;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>What a program of the system or of a driver reports of the machine, which the agent can do without.</summary>
internal static class ToolReport
{
    /// <summary>Looks at GPUs and disks take seconds where each look wakes them.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    /// <summary>What it prints.</summary>
    /// <param name="program">Its absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="without">What is not known without it, for people.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="FailureException">It could not be started, failed, took too long, or printed without end.</exception>
    public static async Task<string> ReadAsync(string program, IReadOnlyList<string> arguments, string without, CancellationToken cancellation)
    {
        var name = Path.GetFileName(program);
        try
        {
            var result = await HostTool.RunFileAsync(program, arguments, Deadline, cancellation).ConfigureAwait(false);
            return result.IsDone
                ? result.Output
                : throw FailureException.Transient(FailureCodes.HostError, $"{name} failed with exit code {result.ExitCode}, so {without}. Run it by hand to see why.");
        }
        catch (TimeoutException late)
        {
            throw FailureException.Transient(FailureCodes.Timeout, $"{name} did not end within {Deadline.TotalSeconds:0} s, so {without}.", late);
        }
        catch (Exception refused) when (refused is Win32Exception or InvalidDataException)
        {
            throw FailureException.Transient(FailureCodes.HostError, $"{name} could not be used ({refused.Message}), so {without}.", refused);
        }
    }
}
