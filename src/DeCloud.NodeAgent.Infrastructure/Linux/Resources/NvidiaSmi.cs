using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Qemu;

namespace DeCloud.NodeAgent.Infrastructure.Linux.Resources;

/// <summary>Runs NVIDIA's program for looking at its GPUs.</summary>
internal static class NvidiaSmi
{
    /// <summary>What is not known without it.</summary>
    public const string Without = "memory and utilisation of NVIDIA's GPUs are not known";

    /// <summary>Has it write all that it knows, as XML.</summary>
    public static readonly IReadOnlyList<string> Arguments = ["-q", "-x"];

    /// <summary>What it writes; null when it is not there.</summary>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="FailureException">It failed or took too long.</exception>
    public static async Task<string?> ReadAsync(CancellationToken cancellation) =>
        HostPrograms.Find("nvidia-smi") is { } program ? await ToolReport.ReadAsync(program, Arguments, Without, cancellation).ConfigureAwait(false) : null;
}
