using System.Diagnostics;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Persistence;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DeCloud.NodeAgent.Tests.Persistence;

/// <summary>The contract on a SQLite file.</summary>
public sealed class SqliteJournalContractTests : JournalContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    protected override Task<JournalOptions> OptionsAsync() => Task.FromResult(JournalLab.Sqlite(Path.Combine(_folder, "journal.db")));
}

/// <summary>What can befall a SQLite file.</summary>
public sealed class SqliteJournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-journal-").FullName;

    private string Db => Path.Combine(_folder, "journal.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_commit_is_on_the_disk_before_it_is_acknowledged_and_only_its_owner_reads_the_file()
    {
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db));
        await lab.StoreAsync("vm-a", 1);
        Assert.Equal(["2"], await lab.ColumnsAsync("PRAGMA synchronous"));
        Assert.Equal(["wal"], await lab.ColumnsAsync("PRAGMA journal_mode"));
        if (!OperatingSystem.IsWindows())
        {
            foreach (var file in Directory.GetFiles(_folder))
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            }
        }
    }

    [Fact]
    public async Task While_another_holds_the_lock_writes_fail_by_their_deadline_reads_go_on_and_afterwards_all_is_well()
    {
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db, JournalLab.Settings(Path.Combine(_folder, "hocon"), ("deadline = 5s", "deadline = 300ms"))));
        await lab.StoreAsync("vm-a", 1);
        using (var other = Other())
        {
            Run(other, "BEGIN IMMEDIATE");
            var clock = Stopwatch.StartNew();
            var failing = lab.FailureAsync("vm-a", 2);
            Assert.Equal(1, Assert.Single(await lab.Reader.ReadOneAsync("vm-a", 0, 10, CancellationToken.None)).Sequence);
            Assert.Equal(JournalFault.Locked, (await failing).Fault);
            Assert.InRange(clock.Elapsed.TotalSeconds, 0.25, 5);
            var health = await lab.HealthAsync();
            Assert.Equal(HealthStatus.Unhealthy, health.Status);
            Assert.Contains("another process holds the journal's lock", health.Description, StringComparison.Ordinal);
            Run(other, "ROLLBACK");
        }

        Assert.Equal(HealthStatus.Healthy, (await lab.HealthAsync()).Status);
        await lab.StoreAsync("vm-a", 2);
        Assert.Equal([1, 2], await lab.NumbersAsync("vm-a"));
    }

    [Fact]
    public async Task A_write_that_was_given_up_before_its_turn_is_never_stored_and_one_too_many_is_refused_at_once()
    {
        var settings = JournalLab.Settings(Path.Combine(_folder, "hocon"), ("max-queue = 10000", "max-queue = 3"), ("max-batch = 500", "max-batch = 1"));
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db, settings));
        await lab.StoreAsync("vm-a", 1);
        var writer = lab.Parts.Writer;
        using var patience = new CancellationTokenSource();
        var taken = new List<JournalWrite>();
        JournalWrite unwanted, refused;
        using (var other = Other())
        {
            Run(other, "BEGIN IMMEDIATE");
            taken.Add(writer.Enqueue([Insert(2)], CancellationToken.None));
            unwanted = writer.Enqueue([Insert(3)], patience.Token);
            do
            {
                taken.Add(refused = writer.Enqueue([Insert(4 + taken.Count)], CancellationToken.None));
            }
            while (!refused.Decided.IsCompleted);

            taken.Remove(refused);
            patience.Cancel();
            Run(other, "ROLLBACK");
        }

        Assert.InRange(taken.Count, 2, 3);
        Assert.All(await Task.WhenAll(taken.Select(w => w.Decided)).WaitAsync(JournalLab.Deadline), Assert.Null);
        Assert.All([await refused.Decided, await unwanted.Decided.WaitAsync(JournalLab.Deadline)], fault => Assert.Equal(JournalFault.Overloaded, fault!.Fault));
        Assert.Equal([1, 2, .. taken.Skip(1).Select((_, i) => 5L + i)], await lab.NumbersAsync("vm-a"));

        static JournalStatement Insert(long n) => JournalSql.Insert(1, "vm-a", n, System.Text.Encoding.UTF8.GetBytes($$"""{"number":{{n}},"step":0,"attempt":1,"at":"2026-01-02T03:04:05+00:00"}"""), "vm-step-started.1", 4001, "");
    }

    [Fact]
    public async Task A_damaged_file_is_told_as_such()
    {
        await using (var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db)))
        {
            await lab.StoreAsync("vm-a", [.. Enumerable.Range(1, 200).Select(n => (long)n)]);
        }

        await using (var file = new FileStream(Db, FileMode.Open, FileAccess.Write))
        {
            file.Position = 4096;
            await file.WriteAsync(Enumerable.Repeat((byte)0xa5, (int)file.Length - 4096).ToArray());
        }

        await using var damaged = await JournalLab.StartAsync(JournalLab.Sqlite(Db));
        Assert.Equal(JournalFault.Damaged, (await Assert.ThrowsAsync<JournalException>(() => damaged.ReplayAsync("vm-a"))).Fault);
        Assert.Equal(JournalFault.Damaged, (await damaged.FailureAsync("vm-a", 201)).Fault);
        Assert.Contains("damaged", (await damaged.HealthAsync()).Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_database_stops_the_start()
    {
        await File.WriteAllTextAsync(Db, new string('x', 10_000));
        await Assert.ThrowsAsync<SqliteException>(() => JournalLab.StartAsync(JournalLab.Sqlite(Db)));
    }

    [Fact]
    public async Task A_reader_from_outside_makes_the_log_grow_and_stops_no_write_and_when_it_is_gone_the_log_shrinks()
    {
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db));
        await lab.StoreAsync("vm-a", 1);
        var log = new FileInfo(Db + "-wal");
        var slowest = TimeSpan.Zero;
        using (var other = Other())
        {
            Run(other, "BEGIN");
            Run(other, "SELECT COUNT(*) FROM journal");
            for (var n = 0; n < 70; n++)
            {
                var clock = Stopwatch.StartNew();
                await SaveAsync(n);
                slowest = clock.Elapsed > slowest ? clock.Elapsed : slowest;
            }

            log.Refresh();
            Assert.True(log.Length > 64 << 20, $"The log has {log.Length} bytes.");
            Assert.True(slowest < TimeSpan.FromSeconds(4), $"A write took {slowest}.");
            Run(other, "ROLLBACK");
        }

        for (var n = 0; n < 40 && log.Length > 33 << 20; n++)
        {
            await SaveAsync(n);
            log.Refresh();
        }

        Assert.True(log.Length <= 33 << 20, $"The log has {log.Length} bytes.");

        // SQLite leaves out pages that hold the same already.
        Task SaveAsync(int n) => lab.Parts.Writer.WriteAsync([JournalSql.Save("vm-a", n % 3, 1, Enumerable.Repeat((byte)n, 1 << 20).ToArray(), "vm-state.1", 4001)], CancellationToken.None);
    }

    [Fact]
    public async Task Reads_and_writes_run_on_threads_of_their_own()
    {
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db));
        await lab.StoreAsync("vm-a", 1);
        var threads = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => lab.Parts.Database.QueryAsync(JournalSql.Last, _ => (Thread.CurrentThread.Name, Environment.CurrentManagedThreadId), CancellationToken.None)));
        Assert.All(threads, t => Assert.Equal("journal-reader", t[0].Name));
        Assert.InRange(threads.Select(t => t[0].CurrentManagedThreadId).Distinct().Count(), 1, 4);
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteScalar();
    }

    private SqliteConnection Other()
    {
        var connection = new SqliteConnection($"Data Source={Db};Pooling=False");
        connection.Open();
        return connection;
    }
}
