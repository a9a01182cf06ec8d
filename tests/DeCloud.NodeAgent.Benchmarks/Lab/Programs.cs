using System.Diagnostics;
using CliWrap;
using CliWrap.Buffered;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>Other programs.</summary>
internal static class Programs
{
    public static async Task<string> RunAsync(string program, params IReadOnlyList<string> arguments)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var result = await Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(deadline.Token);
        return result.ExitCode == 0
            ? result.StandardOutput
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.StandardError}");
    }

    /// <summary>Runs a program and says how long it took.</summary>
    public static async Task<TimeSpan> TimeAsync(string program, params IReadOnlyList<string> arguments)
    {
        var since = Stopwatch.GetTimestamp();
        await RunAsync(program, arguments);
        return Stopwatch.GetElapsedTime(since);
    }

    /// <summary>Starts a program that runs until it is killed. Its output goes to a file, or nowhere.</summary>
    public static Process Start(string program, IReadOnlyList<string> arguments, string? log = null)
    {
        var info = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
        {
            info.ArgumentList.Add(argument);
        }

        var process = Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start.");
        var output = log is null ? TextWriter.Null : TextWriter.Synchronized(new StreamWriter(log, append: true) { AutoFlush = true });
        process.OutputDataReceived += (_, e) => output.WriteLine(e.Data);
        process.ErrorDataReceived += (_, e) => output.WriteLine(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Starts this program again under another command.</summary>
    public static Process StartSelf(params IReadOnlyList<string> arguments) => Start(Environment.ProcessPath!, arguments);
}
