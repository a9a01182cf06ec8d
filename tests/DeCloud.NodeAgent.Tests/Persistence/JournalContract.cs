using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Tests.Persistence;

/// <summary>What Akka.Persistence and the agent ask of a journal, on every database.</summary>
public abstract class JournalContract : IAsyncLifetime
{
    private readonly string _id = $"vm-{Guid.NewGuid()}";
    private JournalLab _lab = null!;

    public virtual async Task InitializeAsync() => _lab = await JournalLab.StartAsync(await OptionsAsync());

    public virtual async Task DisposeAsync() => await _lab.DisposeAsync();

    /// <summary>Where the journal is; the same at every call.</summary>
    protected abstract Task<JournalOptions> OptionsAsync();

    [Theory]
    [InlineData(0, long.MaxValue, long.MaxValue, "1 2 3 4 5")]
    [InlineData(3, long.MaxValue, long.MaxValue, "3 4 5")]
    [InlineData(1, 3, long.MaxValue, "1 2 3")]
    [InlineData(2, 3, long.MaxValue, "2 3")]
    [InlineData(2, 2, long.MaxValue, "2")]
    [InlineData(1, long.MaxValue, 3, "1 2 3")]
    [InlineData(2, 5, 2, "2 3")]
    [InlineData(2, 4, 1, "2")]
    [InlineData(2, 4, 0, "")]
    [InlineData(3, 2, long.MaxValue, "")]
    [InlineData(6, long.MaxValue, long.MaxValue, "")]
    public async Task Events_are_replayed_in_order_within_the_bounds_and_the_last_number_is_told(long from, long to, long max, string expected)
    {
        await _lab.StoreAsync(_id, 1);
        await _lab.StoreAsync(_id, 2, 3, 4);
        await _lab.StoreAsync(_id, 5);

        var (events, highest) = await _lab.ReplayAsync(_id, from, to, max);

        Assert.Equal((expected, 5), (string.Join(' ', events.Select(e => e.SequenceNr)), highest));
        Assert.All(events, e => Assert.Equal((_id, JournalLab.Event(e.SequenceNr)), (e.PersistenceId, e.Payload)));
    }

    [Fact]
    public async Task A_subject_without_events_has_the_number_0()
    {
        var (events, highest) = await _lab.ReplayAsync(_id);
        Assert.Equal((0, 0), (events.Count, highest));
    }

    [Fact]
    public async Task More_events_than_one_read_takes_are_replayed_in_order()
    {
        await _lab.StoreAsync(_id, [.. Enumerable.Range(1, 1203).Select(n => (long)n)]);
        Assert.Equal(Enumerable.Range(1, 1203).Select(n => (long)n), await _lab.NumbersAsync(_id));
        Assert.Equal(Enumerable.Range(400, 501).Select(n => (long)n), (await _lab.ReplayAsync(_id, 400, 1100, 501)).Events.Select(e => e.SequenceNr));
    }

    [Fact]
    public async Task A_row_holds_what_the_tables_promise()
    {
        await _lab.StoreAsync(_id, 1);
        var since = DateTime.UtcNow.AddMinutes(-1).Ticks;

        var row = Assert.Single(await _lab.ColumnsAsync($"SELECT deleted, sequence_number, tags, manifest, identifier, writer_uuid, created > {since} FROM journal WHERE persistence_id = '{_id}'"));

        Assert.Equal("0|1||vm-step-started.1|4001|writer-1|1", row.Replace("False", "0", StringComparison.Ordinal).Replace("True", "1", StringComparison.Ordinal));
        var replayed = Assert.Single((await _lab.ReplayAsync(_id)).Events);
        Assert.Equal(("writer-1", false), (replayed.WriterGuid, replayed.IsDeleted));
        Assert.InRange(replayed.Timestamp, since, DateTime.UtcNow.Ticks);
    }

    [Fact]
    public async Task Deleted_events_are_not_replayed_and_their_numbers_are_not_given_again()
    {
        await _lab.StoreAsync(_id, 1, 2, 3, 4, 5);

        await _lab.DeleteAsync(_id, 3);
        Assert.Equal([4, 5], await _lab.NumbersAsync(_id));
        Assert.Equal(5, (await _lab.ReplayAsync(_id)).Highest);

        await _lab.DeleteAsync(_id, long.MaxValue);
        Assert.Equal((0, 5), ((await _lab.ReplayAsync(_id)).Events.Count, (await _lab.ReplayAsync(_id)).Highest));

        await _lab.StoreAsync(_id, 6);
        await _lab.DeleteAsync(_id, 5);
        Assert.Equal([6], await _lab.NumbersAsync(_id));
        await _lab.DeleteAsync(_id, 6);
        Assert.Equal((0, 6), ((await _lab.ReplayAsync(_id)).Events.Count, (await _lab.ReplayAsync(_id)).Highest));
        Assert.Equal(0, await _lab.Reader.CountAsync(_id, CancellationToken.None));
    }

    [Fact]
    public async Task The_events_of_one_write_are_stored_together_or_not_at_all()
    {
        await _lab.StoreAsync(_id, 1, 2);

        var failed = await _lab.WriteAsync(JournalLab.Atomic(_id, 3, 4, 2));

        Assert.All(failed, f => Assert.Equal(JournalFault.Duplicate, Assert.IsType<JournalException>(Assert.IsType<WriteMessageFailure>(f).Cause).Fault));
        Assert.Equal([1, 2], await _lab.NumbersAsync(_id));
        await _lab.StoreAsync(_id, 3);
        Assert.Equal([1, 2, 3], await _lab.NumbersAsync(_id));
    }

    [Fact]
    public async Task What_cannot_be_serialized_is_rejected_and_the_rest_of_the_request_is_stored()
    {
        var answers = await _lab.WriteAsync(
            JournalLab.Atomic(_id, 1),
            new AtomicWrite(ImmutableList.Create<IPersistentRepresentation>(new Persistent(JournalLab.Event(2), 2, _id), new Persistent(new Unknown("x"), 3, _id))),
            new AtomicWrite(new Persistent("a string, which another serializer knows", 4, _id)),
            JournalLab.Atomic(_id, 5));

        Assert.Equal(
            [typeof(WriteMessageSuccess), typeof(WriteMessageRejected), typeof(WriteMessageRejected), typeof(WriteMessageRejected), typeof(WriteMessageSuccess)],
            answers.Select(a => a.GetType()));
        Assert.All(answers.OfType<WriteMessageRejected>(), r => Assert.IsType<SerializationException>(r.Cause));
        Assert.Equal([1, 5], await _lab.NumbersAsync(_id));
        Assert.Equal(HealthStatus(true), (await _lab.HealthAsync()).Status);
    }

    [Fact]
    public async Task A_number_that_is_taken_fails_its_own_write_and_no_other()
    {
        var ids = Enumerable.Range(0, 200).Select(n => $"{_id}-{n}").ToList();
        await Task.WhenAll(ids.Select(id => _lab.StoreAsync(id, 1)));

        var second = ids.Select((id, i) => _lab.WriteAsync(JournalLab.Atomic(id, i % 10 == 0 ? [1] : i % 10 == 1 ? [2, 1] : [2, 3]))).ToList();
        var answers = await Task.WhenAll(second);

        for (var i = 0; i < ids.Count; i++)
        {
            var isTaken = i % 10 < 2;
            Assert.All(answers[i], a => Assert.Equal(isTaken, a is WriteMessageFailure { Cause: JournalException { Fault: JournalFault.Duplicate } }));
            Assert.Equal(isTaken ? [1] : [1, 2, 3], await _lab.NumbersAsync(ids[i]));
        }

        Assert.Null(_lab.Parts.Writer.Trouble);
    }

    [Fact]
    public async Task A_write_that_is_under_way_is_in_the_last_number_that_the_next_life_is_told()
    {
        for (var n = 1; n <= 50; n++)
        {
            var write = _lab.WriteAsync(JournalLab.Atomic(_id, n));
            Assert.Equal(n, (await _lab.ReplayAsync(_id)).Highest);
            Assert.IsType<WriteMessageSuccess>(Assert.Single(await write));
        }
    }

    [Fact]
    public async Task A_reader_that_follows_the_journal_misses_nothing_and_sees_nothing_twice()
    {
        const int Subjects = 40;
        const int Events = 25;
        var before = await _lab.Reader.LastOrderingAsync(CancellationToken.None);
        var writing = Task.WhenAll(Enumerable.Range(0, Subjects).Select(async subject =>
        {
            for (var n = 1; n <= Events; n++)
            {
                await _lab.StoreAsync($"{_id}-{subject}", n);
            }
        }));

        var seen = new List<JournalRow>();
        while (seen.Count < Subjects * Events)
        {
            var isOver = writing.IsCompleted;
            var rows = await _lab.Reader.ReadAllAsync(seen.Count == 0 ? before : seen[^1].Ordering, 64, CancellationToken.None);
            seen.AddRange(rows);
            Assert.False(isOver && rows.Count == 0, $"{Subjects * Events - seen.Count} events were passed by.");
        }

        await writing;
        Assert.Equal(seen.OrderBy(r => r.Ordering).Select(r => r.Ordering).Distinct(), seen.Select(r => r.Ordering));
        Assert.All(seen.GroupBy(r => r.PersistenceId), g => Assert.Equal(Enumerable.Range(1, Events).Select(n => (long)n), g.Select(r => r.Sequence)));
    }

    [Fact]
    public async Task Everything_is_there_after_a_restart()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => _lab.StoreAsync($"{_id}-{n}", 1, 2, 3)));
        await _lab.DisposeAsync();
        _lab = await JournalLab.StartAsync(await OptionsAsync());
        for (var n = 0; n < 20; n++)
        {
            Assert.Equal([1, 2, 3], await _lab.NumbersAsync($"{_id}-{n}"));
        }
    }

    [Fact]
    public async Task A_healthy_journal_says_so() => Assert.Equal(HealthStatus(true), (await _lab.HealthAsync()).Status);

    [Fact]
    public async Task The_latest_snapshot_within_the_bounds_is_loaded()
    {
        Assert.Null(await LoadAsync(SnapshotSelectionCriteria.Latest));
        var saved = await SaveAsync(11, 12, 13, 14, 15);

        Assert.Equal(15, await LoadAsync(SnapshotSelectionCriteria.Latest));
        Assert.Equal(13, await LoadAsync(new(13)));
        Assert.Equal(13, await LoadAsync(SnapshotSelectionCriteria.Latest, 13));
        Assert.Equal(13, await LoadAsync(new(long.MaxValue, saved[2].Timestamp)));
        Assert.Equal(12, await LoadAsync(new(13, saved[1].Timestamp)));
        Assert.Null(await LoadAsync(new(7)));
        Assert.Null(await LoadAsync(SnapshotSelectionCriteria.Latest, 7));
        Assert.Null(await LoadAsync(new(long.MaxValue, new DateTime(100_000, DateTimeKind.Utc))));
        Assert.Null(await LoadAsync(new(13, DateTime.MaxValue, 14)));
        Assert.Null(await LoadAsync(SnapshotSelectionCriteria.None));
    }

    [Fact]
    public async Task A_snapshot_under_the_same_number_replaces_the_earlier_one()
    {
        await SaveAsync(11);
        var again = Assert.IsType<SaveSnapshotSuccess>(await _lab.AskSnapshotsAsync(new SaveSnapshot(Metadata(11), State(77))));
        var loaded = Assert.IsType<LoadSnapshotResult>(await _lab.AskSnapshotsAsync(new LoadSnapshot(_id, SnapshotSelectionCriteria.Latest, long.MaxValue)));
        Assert.Equal((77, again.Metadata), (((VmState)loaded.Snapshot!.Snapshot).Version, loaded.Snapshot.Metadata));
    }

    [Fact]
    public async Task Snapshots_are_deleted_by_number_and_by_bounds()
    {
        var saved = await SaveAsync(11, 12, 13, 14, 15);

        Assert.IsType<DeleteSnapshotSuccess>(await _lab.AskSnapshotsAsync(new DeleteSnapshot(Metadata(13))));
        Assert.Equal(12, await LoadAsync(new(13)));

        Assert.IsType<DeleteSnapshotsSuccess>(await _lab.AskSnapshotsAsync(new DeleteSnapshots(_id, new(14, saved[3].Timestamp.AddTicks(-1)))));
        Assert.Equal(14, await LoadAsync(new(14)));
        Assert.Null(await LoadAsync(new(13)));

        Assert.IsType<DeleteSnapshotSuccess>(await _lab.AskSnapshotsAsync(new DeleteSnapshot(saved[3])));
        Assert.Null(await LoadAsync(new(14)));
        Assert.Equal(15, await LoadAsync(SnapshotSelectionCriteria.Latest));
    }

    [Fact]
    public async Task A_large_snapshot_is_kept_and_one_of_an_unknown_type_is_refused()
    {
        var large = State(1) with { Failure = new(VmStep.Start, new("image-unreachable", new string('x', 1_000_000), false), 1, default, default) };
        Assert.IsType<SaveSnapshotSuccess>(await _lab.AskSnapshotsAsync(new SaveSnapshot(Metadata(5), large)));
        var loaded = Assert.IsType<LoadSnapshotResult>(await _lab.AskSnapshotsAsync(new LoadSnapshot(_id, SnapshotSelectionCriteria.Latest, long.MaxValue)));
        Assert.Equal(1_000_000, ((VmState)loaded.Snapshot!.Snapshot).Failure!.Failure.Message.Length);

        Assert.IsType<SerializationException>(Assert.IsType<SaveSnapshotFailure>(await _lab.AskSnapshotsAsync(new SaveSnapshot(Metadata(6), new Unknown("x")))).Cause);
        Assert.Equal(5, Assert.IsType<LoadSnapshotResult>(await _lab.AskSnapshotsAsync(new LoadSnapshot(_id, SnapshotSelectionCriteria.Latest, long.MaxValue))).Snapshot!.Metadata.SequenceNr);
    }

    private static Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus HealthStatus(bool isGood) =>
        isGood ? Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Healthy : Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus.Unhealthy;

    private static VmState State(long version) => new(new VmId(Guid.Parse("5e0a2c3a-7f0b-4c57-9a39-9d4c1e0b7a11"))) { Version = version };

    private SnapshotMetadata Metadata(long number) => new(_id, number, default);

    private async Task<long?> LoadAsync(SnapshotSelectionCriteria criteria, long to = long.MaxValue)
    {
        var loaded = Assert.IsType<LoadSnapshotResult>(await _lab.AskSnapshotsAsync(new LoadSnapshot(_id, criteria, to)));
        Assert.Equal(loaded.Snapshot?.Metadata.SequenceNr, ((VmState?)loaded.Snapshot?.Snapshot)?.Version);
        return loaded.Snapshot?.Metadata.SequenceNr;
    }

    private async Task<List<SnapshotMetadata>> SaveAsync(params long[] sequences)
    {
        var saved = new List<SnapshotMetadata>();
        foreach (var n in sequences)
        {
            saved.Add(Assert.IsType<SaveSnapshotSuccess>(await _lab.AskSnapshotsAsync(new SaveSnapshot(Metadata(n), State(n)))).Metadata);
        }

        return saved;
    }

    private sealed record Unknown(string Text);
}
