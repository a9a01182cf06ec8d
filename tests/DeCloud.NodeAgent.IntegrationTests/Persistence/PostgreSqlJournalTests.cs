using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Tests.Persistence;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace DeCloud.NodeAgent.IntegrationTests.Persistence;

/// <summary>The contract on PostgreSQL.</summary>
public sealed class PostgreSqlJournalContractTests(PostgreSqlCluster cluster) : JournalContract, IClassFixture<PostgreSqlCluster>
{
    /// <inheritdoc/>
    protected override Task<JournalOptions> OptionsAsync() => Task.FromResult(new JournalOptions(JournalProvider.PostgreSql, cluster.ConnectionString, JournalLab.ShippedSettings));
}

/// <summary>What can befall a PostgreSQL server.</summary>
public sealed class PostgreSqlJournalTests(PostgreSqlCluster cluster) : IClassFixture<PostgreSqlCluster>
{
    private readonly string _id = $"vm-{Guid.NewGuid()}";

    private JournalOptions Options => new(JournalProvider.PostgreSql, cluster.ConnectionString, JournalLab.ShippedSettings);

    [Fact]
    public async Task Connections_that_were_lost_while_idle_are_replaced_without_a_failure()
    {
        await using var lab = await JournalLab.StartAsync(Options);
        await lab.StoreAsync(_id, 1);
        await RunAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'");
        await lab.StoreAsync(_id, 2);
        Assert.Null(lab.Parts.Writer.Trouble);
    }

    [Fact]
    public async Task A_server_that_is_away_is_told_as_such_and_used_again_when_it_is_back()
    {
        await using var lab = await JournalLab.StartAsync(Options);
        await lab.StoreAsync(_id, 1);
        await cluster.StopAsync("fast");
        try
        {
            Assert.Equal(JournalFault.Unreachable, (await lab.FailureAsync(_id, 2)).Fault);
            Assert.Equal(JournalFault.Unreachable, (await Assert.ThrowsAsync<JournalException>(() => lab.ReplayAsync(_id))).Fault);
            var health = await lab.HealthAsync();
            Assert.Equal(HealthStatus.Unhealthy, health.Status);
            Assert.Contains("cannot be reached", health.Description, StringComparison.Ordinal);
        }
        finally
        {
            await cluster.StartAsync();
        }

        Assert.Equal(HealthStatus.Healthy, (await lab.HealthAsync()).Status);
        await lab.StoreAsync(_id, 2);
        Assert.Equal([1, 2], await lab.NumbersAsync(_id));
    }

    [Fact]
    public async Task A_server_that_is_away_at_the_start_is_used_when_it_comes()
    {
        await cluster.StopAsync("fast");
        JournalLab lab;
        try
        {
            lab = await JournalLab.StartAsync(Options);
            Assert.Equal(HealthStatus.Unhealthy, (await lab.HealthAsync()).Status);
        }
        finally
        {
            await cluster.StartAsync();
        }

        await using (lab)
        {
            await lab.StoreAsync(_id, 1);
            Assert.Equal([1], await lab.NumbersAsync(_id));
        }
    }

    [Fact]
    public async Task Every_event_that_was_acknowledged_before_the_server_was_killed_is_there_after_it()
    {
        await using var lab = await JournalLab.StartAsync(Options);
        var acknowledged = new long[20];
        var writing = Enumerable.Range(0, acknowledged.Length).Select(async subject =>
        {
            for (var n = 1L; ; n++)
            {
                if ((await lab.WriteAsync(JournalLab.Atomic($"{_id}-{subject}", n)))[0] is not Akka.Persistence.WriteMessageSuccess)
                {
                    return;
                }

                acknowledged[subject] = n;
            }
        }).ToList();
        while (acknowledged.Sum() < 500)
        {
            Assert.DoesNotContain(writing, w => w.IsCompleted);
            await Task.Delay(10);
        }

        await cluster.StopAsync("immediate");
        await Task.WhenAll(writing).WaitAsync(JournalLab.Deadline);
        await cluster.StartAsync();
        await Agent.Patience.UntilAsync("the circuit breaker lets writes through", JournalLab.Deadline, () => IsReadAsync(lab, _id));
        for (var subject = 0; subject < acknowledged.Length; subject++)
        {
            var numbers = await lab.NumbersAsync($"{_id}-{subject}");
            Assert.Equal(Enumerable.Range(1, numbers.Count).Select(n => (long)n), numbers);
            Assert.InRange(numbers.Count, acknowledged[subject], acknowledged[subject] + 1);
            await lab.StoreAsync($"{_id}-{subject}", numbers.Count + 1);
        }
    }

    [Fact]
    public async Task While_another_transaction_holds_the_lock_writes_fail_by_their_deadline_and_reads_go_on()
    {
        var folder = Directory.CreateTempSubdirectory("decloud-journal-").FullName;
        await using var lab = await JournalLab.StartAsync(Options with { HoconFolder = JournalLab.Settings(Path.Combine(folder, "hocon"), ("deadline = 5s", "deadline = 1s")) });
        await lab.StoreAsync(_id, 1);
        await using (var other = new NpgsqlConnection(cluster.ConnectionString))
        {
            await other.OpenAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using var take = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({0x64_65_63_6c_6f_75_64_01})", other, transaction);
            await take.ExecuteNonQueryAsync();
            var failing = lab.FailureAsync(_id, 2);
            Assert.Equal([1], await lab.NumbersAsync(_id).WaitAsync(JournalLab.Deadline));
            Assert.Equal(JournalFault.TimedOut, (await failing).Fault);
        }

        await lab.StoreAsync(_id, 2);
        Assert.Equal([1, 2], await lab.NumbersAsync(_id));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_new_database_has_the_tables_that_earlier_builds_made()
    {
        await using var lab = await JournalLab.StartAsync(Options);
        await lab.StoreAsync(_id, 1);
        Assert.Equal(
            [
                "journal|ordering|bigint|NO|YES", "journal|created|bigint|NO|NO", "journal|deleted|boolean|NO|NO", "journal|persistence_id|text|NO|NO", "journal|sequence_number|bigint|NO|NO",
                "journal|message|bytea|NO|NO", "journal|tags|text|YES|NO", "journal|manifest|text|YES|NO", "journal|identifier|integer|YES|NO", "journal|writer_uuid|text|YES|NO",
                "snapshot|persistence_id|text|NO|NO", "snapshot|sequence_number|bigint|NO|NO", "snapshot|created|bigint|NO|NO", "snapshot|snapshot|bytea|YES|NO", "snapshot|manifest|text|YES|NO",
                "snapshot|serializer_id|integer|YES|NO",
            ],
            await lab.ColumnsAsync("SELECT table_name, column_name, data_type, is_nullable, is_identity FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"));
        Assert.Equal(
            [
                "PK_journal|CREATE UNIQUE INDEX \"PK_journal\" ON public.journal USING btree (ordering)",
                "PK_snapshot|CREATE UNIQUE INDEX \"PK_snapshot\" ON public.snapshot USING btree (persistence_id, sequence_number)",
                "journal_created_idx|CREATE INDEX journal_created_idx ON public.journal USING btree (created)",
                "journal_sequence_number_idx|CREATE INDEX journal_sequence_number_idx ON public.journal USING btree (sequence_number)",
                "journal_uq|CREATE UNIQUE INDEX journal_uq ON public.journal USING btree (persistence_id, sequence_number)",
                "snapshot_created_idx|CREATE INDEX snapshot_created_idx ON public.snapshot USING btree (created)",
                "snapshot_sequence_number_idx|CREATE INDEX snapshot_sequence_number_idx ON public.snapshot USING btree (sequence_number)",
            ],
            await lab.ColumnsAsync("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname COLLATE \"C\""));
    }

    private static async Task<bool> IsReadAsync(JournalLab lab, string id) => await Record.ExceptionAsync(() => lab.ReplayAsync(id)) is null;

    private async Task RunAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(cluster.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
