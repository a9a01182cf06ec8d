using CliWrap;
using CliWrap.Buffered;

namespace DeCloud.NodeAgent.IntegrationTests.Agent;

/// <summary>An agent whose journal is in a PostgreSQL cluster of its own, reached through a Unix socket.</summary>
public sealed class PostgreSqlLab : AgentLab
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly string _folder = Path.Combine("/var/tmp", "dcpg-" + Guid.NewGuid().ToString("n")[..8]);

    /// <inheritdoc/>
    protected override string[] Settings => ["Persistence:Provider=PostgreSql", $"Persistence:ConnectionString=Host={_folder};Username=postgres;Database=postgres"];

    private string Cluster => Path.Combine(_folder, "cluster");

    /// <inheritdoc/>
    protected override async Task PrepareStateAsync()
    {
        await RunAsync("install", "-d", "-o", "postgres", "-m", "0700", _folder);
        await AsPostgresAsync("initdb", "--pgdata", Cluster, "--auth=trust", "--encoding=UTF8", "--no-sync");
        await AsPostgresAsync("pg_ctl", "start", "--wait", "--pgdata", Cluster, "--log", Path.Combine(_folder, "log"), "--options", $"-k {_folder} -c listen_addresses=");
    }

    /// <inheritdoc/>
    protected override async Task DropStateAsync()
    {
        await AsPostgresAsync("pg_ctl", "stop", "--wait", "--mode=fast", "--pgdata", Cluster);
        Directory.Delete(_folder, recursive: true);
    }

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

/// <summary>A VM's life with the journal in PostgreSQL.</summary>
public sealed class PostgreSqlLifeTests(PostgreSqlLab lab) : AgentLifeSuite(lab), IClassFixture<PostgreSqlLab>;

/// <summary>Kills with the journal in PostgreSQL.</summary>
public sealed class PostgreSqlKillTests(PostgreSqlLab lab) : KillSuite(lab), IClassFixture<PostgreSqlLab>;
