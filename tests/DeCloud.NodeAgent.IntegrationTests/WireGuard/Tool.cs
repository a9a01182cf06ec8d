using CliWrap;
using CliWrap.Buffered;

namespace DeCloud.NodeAgent.IntegrationTests.WireGuard;

/// <summary>Runs the host's tools.</summary>
internal static class Tool
{
    /// <summary>Runs a tool that must succeed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await TryAsync(program, arguments);
        return result.ExitCode == 0
            ? result.StandardOutput
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {result.ExitCode}: {result.StandardError}{result.StandardOutput}");
    }

    /// <summary>Runs a tool, whatever becomes of it.</summary>
    public static async Task<BufferedCommandResult> TryAsync(string program, params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        return await Cli.Wrap(program).WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(deadline.Token);
    }
}
