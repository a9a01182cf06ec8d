using System.Text;
using CliWrap;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Qemu;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Runs NVIDIA's program for looking at its GPUs.</summary>
internal static class NvidiaSmi
{
    /// <summary>With the driver's persistence off, each look initialises every GPU, which takes seconds.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(8);

    /// <summary>A report has some 20 KiB a GPU.</summary>
    private const int LongestReport = 4 << 20;

    /// <summary>What it writes; null when it is not there.</summary>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="FailureException">It failed or took too long.</exception>
    public static async Task<string?> ReadAsync(CancellationToken cancellation)
    {
        if (HostPrograms.Find("nvidia-smi") is not { } program)
        {
            return null;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(Deadline);
        using var report = new MemoryStream();
        try
        {
            var result = await Cli.Wrap(program)
                .WithArguments(["-q", "-x"])
                .WithWorkingDirectory("/")
                .WithValidation(CommandResultValidation.None)
                .WithStandardOutputPipe(PipeTarget.Create((pipe, token) => CopyAsync(pipe, report, token)))
                .ExecuteAsync(stop.Token).ConfigureAwait(false);
            return result.ExitCode == 0
                ? Encoding.UTF8.GetString(report.GetBuffer(), 0, (int)report.Length)
                : throw FailureException.Transient(FailureCodes.HostError, $"nvidia-smi failed with exit code {result.ExitCode}, so memory and utilisation of NVIDIA's GPUs are not known. Run it by hand to see why.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw FailureException.Transient(FailureCodes.Timeout, $"nvidia-smi did not end within {Deadline.TotalSeconds:0} s, so memory and utilisation of NVIDIA's GPUs are not known.");
        }
    }

    private static async Task CopyAsync(Stream pipe, MemoryStream report, CancellationToken cancellation)
    {
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await pipe.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            report.Write(buffer, 0, (int)Math.Min(read, LongestReport - report.Length));
        }
    }
}
