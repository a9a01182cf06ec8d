using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Windows;

/// <summary>
/// A Windows machine of the test's own: Wine with a fresh drive C: in a folder that is gone afterwards, and the agent as it is published for win-x64. <c>scripts/test.sh</c> publishes it.
/// </summary>
public sealed class WineHost : IAsyncLifetime
{
    private const string Wine = "/usr/bin/wine";
    private static readonly string[] Servers = ["/usr/lib/wine/wineserver64", "/usr/lib/wine/wineserver", "/usr/bin/wineserver"];
    private static readonly TimeSpan SetupDeadline = TimeSpan.FromSeconds(120);

    /// <summary>The folder of everything.</summary>
    public string Folder { get; } = Path.Combine("/var/tmp", "decloud-wine-" + Guid.NewGuid().ToString("n")[..8]);

    /// <summary>The published program.</summary>
    public string Program { get; } = Environment.GetEnvironmentVariable("DECLOUD_WINDOWS_AGENT") is { Length: > 0 } named
        ? named
        : Path.Combine(LibvirtHost.RepositoryRoot(), "artifacts", "windows-agent", "decloud-agent.exe");

    /// <summary>Where drive C: is for Linux.</summary>
    public string DriveC => Path.Combine(Folder, "prefix", "drive_c");

    /// <summary>Where the state lies unless something else is configured, for Linux.</summary>
    public string DefaultState => Path.Combine(DriveC, "ProgramData", "DeCloud");

    /// <summary>The agent, not started yet.</summary>
    /// <param name="arguments">Its arguments.</param>
    public Command Agent(params IEnumerable<string> arguments) => Run(Wine, [Program, .. arguments]);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Wine), "Wine is missing. Install what the tests need: scripts/setup.sh test");
        Assert.True(File.Exists(Program), $"{Program} is missing. Publish it: dotnet publish src/DeCloud.NodeAgent -c Release -r win-x64 --self-contained -o artifacts/windows-agent");
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        using var deadline = new CancellationTokenSource(SetupDeadline);
        await Run(Wine, ["wineboot", "--init"]).ExecuteBufferedAsync(deadline.Token);
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        // Of this drive C: alone: a Wine server serves one.
        using var deadline = new CancellationTokenSource(SetupDeadline);
        await Run(Servers.First(File.Exists), ["-k", "-w"]).ExecuteBufferedAsync(deadline.Token);
        Directory.Delete(Folder, recursive: true);
    }

    private Command Run(string program, IEnumerable<string> arguments) => Cli.Wrap(program)
        .WithArguments(arguments)
        .WithWorkingDirectory(Folder)
        .WithEnvironmentVariables(e => e
            .Set("WINEPREFIX", Path.Combine(Folder, "prefix"))
            .Set("WINEDEBUG", "-all")
            .Set("WINEDLLOVERRIDES", "winemenubuilder.exe,mshtml=")
            // Wine's double mappings of memory lose the runtime's generated code; with them it dies in a finalizer.
            .Set("DOTNET_EnableWriteXorExecute", "0")
            .Set("HOME", Folder)
            .Set("DISPLAY", null)
            .Set("DOTNET_ROOT", null))
        .WithValidation(CommandResultValidation.None);
}
