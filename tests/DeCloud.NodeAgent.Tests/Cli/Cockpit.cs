using DeCloud.NodeAgent.Cli.Shell;

namespace DeCloud.NodeAgent.Tests.Cli;

/// <summary>What a run of the program left.</summary>
internal sealed record Ran(int Exit, string Out, string Error);

/// <summary>Runs the program within the test, with what it prints kept.</summary>
internal static class Cockpit
{
    /// <summary>Runs a command line against an agent.</summary>
    public static Task<Ran> RunAsync(Uri agent, params string[] arguments) => RunAsync(new Dictionary<string, string> { ["DECLOUD_URL"] = agent.GetLeftPart(UriPartial.Authority) }, default, arguments);

    /// <summary>Runs a command line.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <param name="arguments">The command line.</param>
    public static Task<Ran> RunAsync(IReadOnlyDictionary<string, string> environment, CancellationToken cancellation, params string[] arguments) =>
        RunAsync(environment, world => world, cancellation, arguments);

    /// <summary>Runs a command line in a world of the test's own.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="change">Makes the world the test's own.</param>
    /// <param name="cancellation">Ctrl-C.</param>
    /// <param name="arguments">The command line.</param>
    public static async Task<Ran> RunAsync(IReadOnlyDictionary<string, string> environment, Func<World, World> change, CancellationToken cancellation, params string[] arguments)
    {
        using var output = new StringWriter();
        using var errors = new StringWriter();
        var world = new World
        {
            Out = output,
            Error = errors,
            OutIsTerminal = false,
            ErrorIsTerminal = false,
            Environment = environment.GetValueOrDefault,
            Time = TimeProvider.System,
            DefaultSocket = "/nonexistent/agent.sock",
            SystemCatalogue = "/nonexistent/images.json",
        };
        var exit = await new Decloud(change(world)).RunAsync(arguments, cancellation).WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        return new(exit, output.ToString(), errors.ToString());
    }
}
