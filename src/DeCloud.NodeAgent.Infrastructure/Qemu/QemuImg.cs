using System.Globalization;
using System.Text;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Core.Node;
using DeCloud.NodeAgent.Infrastructure.Linux;
using Microsoft.Extensions.Logging;

namespace DeCloud.NodeAgent.Infrastructure.Qemu;

/// <summary>
/// The two things that qemu-img is asked to do. Every format is said, never guessed; every file name is an absolute path of ours, which QEMU takes for no protocol.
/// </summary>
/// <param name="log">Told how programs are confined.</param>
internal sealed class QemuImg(ILogger<QemuImg> log)
{
    private const long ConvertMemoryBytes = 2L << 30;
    private static readonly TimeSpan CreateDeadline = TimeSpan.FromSeconds(30);
    private Confinement? _confinement;
    private string? _program;

    /// <summary>Copies a stranger's image, which was inspected before, into a qcow2 of our own making, within bounds.</summary>
    /// <param name="source">The image.</param>
    /// <param name="facts">What the inspection found it to be.</param>
    /// <param name="target">An existing empty file.</param>
    /// <param name="largestTarget">How long the result may become, in bytes.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="progress">Told the part that is done, 0 to 1.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="FailureException">It failed or took too long.</exception>
    public async Task ConvertAsync(
        string source, ImageFacts facts, string target, long largestTarget, TimeSpan deadline, Action<double> progress, CancellationToken cancellation)
    {
        var confinement = await ConfinementAsync(cancellation);

        // Decompressing and copying a GiB takes 2 to 4 s of processor time; 30 s leaves room for slow machines.
        var cpuSeconds = 60 + (facts.VirtualSizeBytes >> 30) * 30;
        var (program, arguments) = confinement.Wrap(
            Program(),
            ["convert", "-p", "-f", facts.Format.ToText(), "-O", "qcow2", source, target],
            new(largestTarget, ConvertMemoryBytes, cpuSeconds));
        var result = await RunAsync(program, arguments, deadline, cancellation, (pipe, stop) => ReadProgressAsync(pipe, progress, stop));
        if (!result.IsDone)
        {
            throw Fault(result.ExitCode, result.Complaint);
        }
    }

    /// <summary>Makes an overlay on one of our own images. Both are ours, so nothing is confined: this is on the way of every create.</summary>
    /// <param name="image">The base.</param>
    /// <param name="target">A path where nothing is.</param>
    /// <param name="bytes">The virtual size.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <exception cref="FailureException">It failed or took too long.</exception>
    public async Task CreateOverlayAsync(string image, string target, long bytes, CancellationToken cancellation)
    {
        var result = await RunAsync(
            Program(), ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image, target, bytes.ToString(CultureInfo.InvariantCulture)], CreateDeadline, cancellation);
        if (!result.IsDone)
        {
            throw IsFull(result.Complaint)
                ? FailureException.Transient(FailureCodes.DiskFull, "The file system of the VM disks is full. Free space on it.")
                : FailureException.Transient(FailureCodes.HostError, $"qemu-img could not make the disk (exit code {result.ExitCode}): {result.Complaint}");
        }
    }

    private static FailureException Fault(int exitCode, string complaint)
    {
        // SIGXFSZ (25) and SIGXCPU (24) as a shell or CliWrap report them, or the error that a write over the limit returns.
        if (exitCode is 128 + 25 or -25 || IsFull(complaint) || complaint.Contains("File too large", StringComparison.Ordinal))
        {
            return FailureException.Transient(
                FailureCodes.DiskFull, "The image does not fit into the free space of the image folder when unpacked. Free space, or remove images that no VM uses.");
        }

        return exitCode is 128 + 24 or -24 or 128 + 9 or -9
            ? FailureException.Permanent(FailureCodes.ImageRefused, "Converting the image took more processor time than any sound image does. Use another image.")
            : FailureException.Permanent(FailureCodes.ImageRefused, $"qemu-img could not convert the image (exit code {exitCode}): {complaint} Check it with qemu-img check.");
    }

    private static bool IsFull(string complaint) => complaint.Contains("No space left", StringComparison.Ordinal);

    private static async Task<ToolResult> RunAsync(
        string program, IReadOnlyList<string> arguments, TimeSpan deadline, CancellationToken cancellation, Func<Stream, CancellationToken, Task>? watch = null)
    {
        try
        {
            return await HostTool.RunFileAsync(program, arguments, deadline, cancellation, watch: watch);
        }
        catch (TimeoutException)
        {
            throw FailureException.Transient(FailureCodes.Timeout, $"qemu-img did not end within {deadline.TotalSeconds:0} s.");
        }
    }

    // "    (12.34/100%)" and a carriage return, over and over.
    private static async Task ReadProgressAsync(Stream pipe, Action<double> progress, CancellationToken cancellation)
    {
        var buffer = new byte[256];
        int read;
        while ((read = await pipe.ReadAsync(buffer, cancellation)) > 0)
        {
            var text = Encoding.ASCII.GetString(buffer, 0, read);
            var start = text.LastIndexOf('(') + 1;
            var end = text.IndexOf('/', start);
            if (start > 0 && end > start && double.TryParse(text.AsSpan(start, end - start), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent))
            {
                progress(Math.Clamp(percent / 100, 0, 1));
            }
        }
    }

    private string Program() => _program ??= HostPrograms.Find("qemu-img")
        ?? throw FailureException.Transient(FailureCodes.HostError, "The program qemu-img is missing. Install the package qemu-utils.");

    // Two imports at once may both try it out; the answer is the same.
    private async Task<Confinement> ConfinementAsync(CancellationToken cancellation) => _confinement ??= await Confinement.DiscoverAsync(log, cancellation);
}
