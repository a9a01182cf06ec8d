using CliWrap;
using CliWrap.Buffered;

namespace DeCloud.NodeAgent.IntegrationTests.Persistence;

/// <summary>A PostgreSQL cluster of the tests' own, reached through a Unix socket.</summary>
public sealed class PostgreSqlCluster : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _folder = Path.Combine("/var/tmp", "dcpg-" + Guid.NewGuid().ToString("n")[..8]);

    /// <summary>How to reach it.</summary>
    public string ConnectionString => $"Host={_folder};Username=postgres;Database=postgres";

    private string Cluster => Path.Combine(_folder, "cluster");

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        await RunAsync("install", "-d", "-o", "postgres", "-m", "0700", _folder);
        await AsPostgresAsync("initdb", "--pgdata", Cluster, "--auth=trust", "--encoding=UTF8", "--no-sync");
        await StartAsync();
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        await StopAsync("fast");
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Starts the server.</summary>
    public Task StartAsync() =>
        AsPostgresAsync("pg_ctl", "start", "--wait", "--pgdata", Cluster, "--log", Path.Combine(_folder, "log"), "--options", $"-k {_folder} -c listen_addresses=");

    /// <summary>Stops the server.</summary>
    /// <param name="mode"><c>fast</c> in good order; <c>immediate</c> as after a kill of all its processes.</param>
    public Task StopAsync(string mode) => AsPostgresAsync("pg_ctl", "stop", "--wait", "--mode=" + mode, "--pgdata", Cluster);

    private static Task AsPostgresAsync(string program, params string[] arguments) =>
        RunAsync("runuser", ["-u", "postgres", "--", Path.Combine(Programs(), program), .. arguments]);

    /// <summary>The folder of the newest PostgreSQL that Debian's packages installed.</summary>
    private static string Programs() =>
        Directory.GetDirectories("/usr/lib/postgresql").OrderBy(d => int.Parse(Path.GetFileName(d), System.Globalization.CultureInfo.InvariantCulture)).Select(d => Path.Combine(d, "bin")).LastOrDefault(d => File.Exists(Path.Combine(d, "initdb")))
        ?? throw new InvalidOperationException("PostgreSQL is not installed; scripts/setup.sh test installs it.");

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await Cli.Wrap(program).WithArguments(arguments).WithWorkingDirectory("/").ExecuteBufferedAsync(deadline.Token);
    }
}
