using System.Collections;
using System.Text;
using CliWrap;
using DeCloud.NodeAgent.Infrastructure.Qemu;

namespace DeCloud.NodeAgent.Infrastructure.Linux;

/// <summary>What a tool printed.</summary>
/// <param name="ExitCode">Its exit code; 127 when it is not installed.</param>
/// <param name="Output">What it printed.</param>
/// <param name="Complaint">What it complained of, as printable ASCII in one line.</param>
internal sealed record ToolResult(int ExitCode, string Output, string Complaint)
{
    /// <summary>What a shell answers for a program that it does not find.</summary>
    public const int NotInstalled = 127;

    /// <summary>Whether it did what it was asked to.</summary>
    public bool IsDone => ExitCode == 0;

    /// <summary>Whether it complained in these words, whatever their case.</summary>
    /// <param name="words">Any of these.</param>
    public bool Says(params string[] words) => words.Any(w => Complaint.Contains(w, StringComparison.OrdinalIgnoreCase));

    /// <summary>Leaves the output out, which holds secrets where a tool prints them.</summary>
    public override string ToString() => $"exit code {ExitCode}: {Complaint}";
}

/// <summary>Runs small tools of the host: with arguments as an array, a bare environment, bounded output and a deadline, killed when it is over.</summary>
internal static class HostTool
{
    private const int LongestComplaint = 2048;
    private const int LongestOutput = 8 << 20;

    /// <summary>Runs a tool to its end.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <param name="input">What it reads from its standard input; null for nothing.</param>
    /// <param name="environment">Variables besides PATH and LC_ALL.</param>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<ToolResult> RunAsync(
        string name,
        IReadOnlyList<string> arguments,
        TimeSpan deadline,
        CancellationToken cancellation,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null) =>
        HostPrograms.Find(name) is { } program
            ? await RunFileAsync(program, arguments, deadline, cancellation, input, environment)
            : new(ToolResult.NotInstalled, "", $"{name} is not installed");

    /// <summary>Runs a tool to its end.</summary>
    /// <param name="program">Its absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellation">Kills it.</param>
    /// <param name="input">What it reads from its standard input; null for nothing.</param>
    /// <param name="environment">Variables besides PATH and LC_ALL.</param>
    /// <param name="watch">Reads what it prints, which is then not in the result; null to have it there.</param>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    /// <exception cref="InvalidDataException">It printed more than 8 MiB.</exception>
    public static async Task<ToolResult> RunFileAsync(
        string program,
        IReadOnlyList<string> arguments,
        TimeSpan deadline,
        CancellationToken cancellation,
        string? input = null,
        IReadOnlyDictionary<string, string>? environment = null,
        Func<Stream, CancellationToken, Task>? watch = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        stop.CancelAfter(deadline);
        var output = new MemoryStream();
        var complaint = new StringBuilder();
        try
        {
            var result = await Cli.Wrap(program)
                .WithArguments(arguments)
                .WithWorkingDirectory(OperatingSystem.IsWindows() ? Environment.SystemDirectory : "/")
                .WithEnvironmentVariables(BareEnvironment(environment))
                .WithValidation(CommandResultValidation.None)
                .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input, Encoding.ASCII))
                .WithStandardOutputPipe(PipeTarget.Create(watch ?? ((pipe, token) => ReadAsync(pipe, output, token))))
                .WithStandardErrorPipe(PipeTarget.Create((pipe, token) => ReadAsync(pipe, complaint, token)))
                .ExecuteAsync(stop.Token);
            return new(result.ExitCode, Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length), complaint.ToString().Trim());
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"{Path.GetFileName(program)} did not end within {deadline.TotalSeconds:0} s.");
        }
    }

    // The agent's environment may hold secrets, and words of some variables change what tools do.
    private static Dictionary<string, string?> BareEnvironment(IReadOnlyDictionary<string, string>? more)
    {
        if (OperatingSystem.IsWindows())
        {
            // Programs there do not start without SystemRoot and others.
            return [];
        }

        var bare = new Dictionary<string, string?>();
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            bare[(string)entry.Key] = null;
        }

        bare["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin";
        bare["LC_ALL"] = "C";
        foreach (var (key, value) in more ?? new Dictionary<string, string>())
        {
            bare[key] = value;
        }

        return bare;
    }

    private static async Task ReadAsync(Stream pipe, MemoryStream output, CancellationToken cancellation)
    {
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await pipe.ReadAsync(buffer, cancellation)) > 0)
        {
            if (output.Length + read > LongestOutput)
            {
                throw new InvalidDataException("A tool printed more than anyone would ask it for.");
            }

            output.Write(buffer, 0, read);
        }
    }

    private static async Task ReadAsync(Stream pipe, StringBuilder complaint, CancellationToken cancellation)
    {
        var buffer = new byte[1024];
        int read;
        while ((read = await pipe.ReadAsync(buffer, cancellation)) > 0)
        {
            for (var i = 0; i < read && complaint.Length < LongestComplaint; i++)
            {
                // What a tool complains of may be a stranger's words, such as names inside an image: nothing but printable ASCII goes on to logs and answers.
                complaint.Append(buffer[i] is >= 0x20 and < 0x7f ? (char)buffer[i] : ' ');
            }
        }
    }
}
