using System.Text.RegularExpressions;

namespace DeCloud.NodeAgent.Benchmarks.Lab;

/// <summary>Which programs a process starts, told by strace.</summary>
internal static partial class ProgramTrace
{
    /// <summary>The names of the programs that the process, or a child of its, started while something was done.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(int pid, Func<Task> during)
    {
        var file = Path.GetTempFileName();
        var strace = Programs.Start("strace", ["-f", "-qq", "-e", "trace=execve", "-e", "signal=none", "-o", file, "-p", pid.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        try
        {
            while (!IsTraced(pid))
            {
                await Task.Delay(20);
            }

            await during();
        }
        finally
        {
            // On SIGTERM strace lets go of the process and ends.
            await Programs.RunAsync("/bin/kill", "-TERM", strace.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
            await strace.WaitForExitAsync();
        }

        var lines = await File.ReadAllLinesAsync(file);
        File.Delete(file);
        return [.. lines.Select(l => Started().Match(l)).Where(m => m.Success).Select(m => Path.GetFileName(m.Groups[1].Value))];
    }

    private static bool IsTraced(int pid) =>
        Directory.EnumerateDirectories($"/proc/{pid}/task").All(t => !File.ReadAllText(Path.Combine(t, "status")).Contains("TracerPid:\t0\n", StringComparison.Ordinal));

    [GeneratedRegex("""execve\("([^"]+)".*= 0""")]
    private static partial Regex Started();
}
