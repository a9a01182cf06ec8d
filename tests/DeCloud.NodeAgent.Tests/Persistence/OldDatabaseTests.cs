using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Actors.Serialization;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.Data.Sqlite;

namespace DeCloud.NodeAgent.Tests.Persistence;

/// <summary>
/// A database that an agent wrote when its journal was Akka.Persistence.Sql: three VMs, of which the second has two snapshots and the third one, and has lost its first 11 events; and a
/// subject all of whose 3 events were deleted.
/// </summary>
public sealed class OldDatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-journal-").FullName;

    public OldDatabaseTests() => File.Copy(Path.Combine(AppContext.BaseDirectory, "Fixtures", "journal-database", "akka-persistence-sql-1.5.73.db"), Db);

    private string Db => Path.Combine(_folder, "journal.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_opens_unchanged_and_every_event_is_replayed()
    {
        var before = Rows(Db, "SELECT name, sql FROM sqlite_schema ORDER BY name");
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db));

        var (first, _) = await lab.ReplayAsync(Vm(1));
        Assert.Equal((23, 1L, 23L), (first.Count, first[0].SequenceNr, first[^1].SequenceNr));
        Assert.IsType<VmEvents.Created>(first[0].Payload);
        Assert.Equal(first.Select(e => e.Payload.GetType()), (await lab.ReplayAsync(Vm(2))).Events.Select(e => e.Payload.GetType()));
        var (third, highest) = await lab.ReplayAsync(Vm(3));
        Assert.Equal((12, 12L, 23L, 23L), (third.Count, third[0].SequenceNr, third[^1].SequenceNr, highest));
        Assert.Equal((0, 3), ((await lab.ReplayAsync("gone")).Events.Count, (await lab.ReplayAsync("gone")).Highest));
        Assert.Equal([1L, 2L, 3L], (await lab.ReplayAsync("vms")).Events.Select(e => e.SequenceNr));
        Assert.Equal(3 + 23 + 23 + 12, (await lab.AllAsync()).Count);
        Assert.Equal(before, Rows(Db, "SELECT name, sql FROM sqlite_schema ORDER BY name"));
    }

    [Fact]
    public async Task Its_snapshots_are_what_the_events_make()
    {
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db));
        var events = (await lab.ReplayAsync(Vm(2))).Events.Select(e => (IVmEvent)e.Payload).ToList();

        Assert.Equal(Shown(23), Shown(await SnapshotAsync(Vm(2), SnapshotSelectionCriteria.Latest, 23)));
        Assert.Equal(Shown(11), Shown(await SnapshotAsync(Vm(2), new(22), 11)));
        Assert.Equal(Vm(3), $"vm-{(await SnapshotAsync(Vm(3), SnapshotSelectionCriteria.Latest, 11)).Id}");

        async Task<VmState> SnapshotAsync(string id, SnapshotSelectionCriteria criteria, long sequence)
        {
            var loaded = Assert.IsType<LoadSnapshotResult>(await lab.AskSnapshotsAsync(new LoadSnapshot(id, criteria, long.MaxValue))).Snapshot!;
            Assert.Equal((sequence, DateTimeKind.Utc, 2026), (loaded.Metadata.SequenceNr, loaded.Metadata.Timestamp.Kind, loaded.Metadata.Timestamp.Year));
            return (VmState)loaded.Snapshot;
        }

        // The last start was not kept then.
        string Shown(object what) => System.Text.Json.JsonSerializer.Serialize(
            what as VmState ?? events.Take((int)what).Aggregate(new VmState(((VmEvents.Created)events[0]).VmId), (state, e) => state.Apply(e)) with { LastStart = null }, JournalJson.Default.VmState);
    }

    [Fact]
    public async Task Writing_goes_on_where_it_ended()
    {
        await using (var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db)))
        {
            await lab.StoreAsync(Vm(3), 24, 25);
            await lab.StoreAsync("gone", 4);
            Assert.Equal(JournalFault.Duplicate, (await lab.FailureAsync("gone", 3)).Fault);
            Assert.Equal([(Vm(3), 24L), (Vm(3), 25L), ("gone", 4L)], (await lab.AllAsync()).TakeLast(3));
        }

        Assert.Equal(["76", "77", "78"], Rows(Db, "SELECT ordering FROM journal WHERE ordering > 75"));
    }

    [Fact]
    public async Task A_new_database_has_the_same_tables_columns_and_indices()
    {
        var ours = Path.Combine(_folder, "new.db");
        await using (var lab = await JournalLab.StartAsync(JournalLab.Sqlite(ours)))
        {
            await lab.StoreAsync("vm-a", 1);
        }

        foreach (var table in (string[])["journal", "snapshot"])
        {
            foreach (var what in (string[])[
                $"SELECT cid, name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{table}')",
                $"SELECT name, \"unique\", origin, partial FROM pragma_index_list('{table}') ORDER BY name",
                $"SELECT l.name, i.seqno, i.name FROM pragma_index_list('{table}') l, pragma_index_info(l.name) i ORDER BY 1, 2"])
            {
                var expected = Rows(Db, what);
                Assert.NotEmpty(expected);
                Assert.Equal(expected, Rows(ours, what));
            }
        }

        Assert.Equal(Rows(Db, "SELECT name FROM sqlite_schema ORDER BY name"), Rows(ours, "SELECT name FROM sqlite_schema ORDER BY name"));
    }

    private static string Vm(int number) => $"vm-{new Guid(number, 0xbe, 0x4c, 0x80, 0, 0, 0, 0, 0, 0, 1)}";

    private static List<string> Rows(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "NULL" : reader.GetString(i))));
        }

        return rows;
    }
}
