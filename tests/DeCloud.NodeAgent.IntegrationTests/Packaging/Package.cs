using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.IntegrationTests.Lab;

namespace DeCloud.NodeAgent.IntegrationTests.Packaging;

/// <summary>The package: the one that <c>DECLOUD_PACKAGE</c> names, as <c>scripts/test.sh</c> builds it, else one that is built now. Unpacked once, where every user can run what is in it.</summary>
public sealed class Package : IAsyncLifetime
{
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(9), Deadline = TimeSpan.FromMinutes(2);

    /// <summary>The package's file.</summary>
    public string File { get; private set; } = "";

    /// <summary>The folder with its files.</summary>
    public string Tree { get; } = System.IO.Path.Combine("/var/tmp", "dcpackage-" + Guid.NewGuid().ToString("n")[..8]);

    /// <summary>The unit.</summary>
    public string Unit => In("usr/lib/systemd/system/decloud-agent.service");

    /// <summary>Where a file of the package lies.</summary>
    public string In(string path) => System.IO.Path.Combine(Tree, path);

    /// <summary>The values of a setting of the unit, over all its lines.</summary>
    public IReadOnlyList<string> UnitSetting(string name) =>
        [.. System.IO.File.ReadLines(Unit).Where(l => l.StartsWith(name + "=", StringComparison.Ordinal)).SelectMany(l => l[(name.Length + 1)..].Split(' '))];

    /// <summary>Makes another version of the package.</summary>
    /// <param name="version">Its version.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="change">Changes its files.</param>
    public async Task RepackAsync(string version, string path, Action<string> change)
    {
        var tree = path + ".tree";
        await RunAsync("dpkg-deb", "-R", File, tree);
        var control = System.IO.Path.Combine(tree, "DEBIAN", "control");
        var text = await System.IO.File.ReadAllTextAsync(control);
        await System.IO.File.WriteAllTextAsync(control, System.Text.RegularExpressions.Regex.Replace(text, "(?m)^Version: .*$", $"Version: {version}"));
        change(tree);
        await RunAsync("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, path);
        Directory.Delete(tree, recursive: true);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it printed, errors too.</returns>
    public static Task<string> RunAsync(string program, params string[] arguments) => RunAsync(Deadline, program, arguments);

    /// <summary>The same for a program that builds something and takes its time.</summary>
    public static Task<string> BuildAsync(string program, params string[] arguments) => RunAsync(BuildDeadline, program, arguments);

    /// <summary>Runs a program to its end, whatever that is.</summary>
    public static Task<(int Exit, string Output)> TryAsync(string program, params string[] arguments) => TryAsync(Deadline, program, arguments);

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        File = Environment.GetEnvironmentVariable("DECLOUD_PACKAGE") is { Length: > 0 } given
            ? given
            : (await BuildAsync(System.IO.Path.Combine(LibvirtHost.RepositoryRoot(), "scripts", "package.sh"))).TrimEnd().Split('\n')[^1];
        Assert.True(System.IO.File.Exists(File), $"There is no package: {File}");
        await RunAsync("dpkg-deb", "-x", File, Tree);
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        Directory.Delete(Tree, recursive: true);
        return Task.CompletedTask;
    }

    private static async Task<string> RunAsync(TimeSpan within, string program, string[] arguments)
    {
        var (exit, output) = await TryAsync(within, program, arguments);
        return exit == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {exit}:\n{output}");
    }

    private static async Task<(int Exit, string Output)> TryAsync(TimeSpan within, string program, string[] arguments)
    {
        using var deadline = new CancellationTokenSource(within);
        var result = await Cli.Wrap(program)
            .WithArguments(arguments)
            .WithEnvironmentVariables(e => e.Set("LC_ALL", "C.UTF-8").Set("DEBIAN_FRONTEND", "noninteractive"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(deadline.Token);
        return (result.ExitCode, result.StandardError + result.StandardOutput);
    }
}

/// <summary>Classes that share the unpacked package.</summary>
[CollectionDefinition(Name)]
public sealed class PackageCollection : ICollectionFixture<Package>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "the package";
}
