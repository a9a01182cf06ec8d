using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Terminal;

/// <summary>The <c>decloud</c> program: the one that <c>DECLOUD_CLI</c> names, as <c>scripts/test.sh</c> publishes it, else the one that was built with these tests.</summary>
internal static class DecloudProgram
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    /// <summary>Where it is.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("DECLOUD_CLI") is { Length: > 0 } given ? given : Built();

    /// <summary>Runs it to its end, with nothing of this process's environment that it reads.</summary>
    /// <param name="arguments">The command line.</param>
    public static async Task<BufferedCommandResult> RunAsync(params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await Command(arguments).ExecuteBufferedAsync(deadline.Token);
    }

    /// <summary>The command to run it.</summary>
    public static Command Command(params string[] arguments) => Cli.Wrap(Path)
        .WithArguments(arguments)
        .WithEnvironmentVariables(e => e.Set("DECLOUD_URL", null).Set("DECLOUD_SOCKET", null).Set("DECLOUD_TOKEN_FILE", null).Set("DECLOUD_CATALOGUE", null))
        .WithValidation(CommandResultValidation.None);

    private static string Built()
    {
        var output = System.IO.Path.GetRelativePath(System.IO.Path.Combine(LibvirtHost.RepositoryRoot(), "tests", "DeCloud.NodeAgent.IntegrationTests"), AppContext.BaseDirectory);
        return System.IO.Path.Combine(LibvirtHost.RepositoryRoot(), "src", "DeCloud.NodeAgent.Cli", output, "decloud");
    }
}
