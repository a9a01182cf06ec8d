using System.Collections.Immutable;
using System.Globalization;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Core.Vms;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace DeCloud.NodeAgent.Tests.Persistence;

/// <summary>An actor system with the shipped journal and nothing else, and the protocol that persistent actors speak with it.</summary>
internal sealed class JournalLab : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly IHost _host;

    private JournalLab(IHost host) => _host = host;

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public IActorRef Journal => Akka.Persistence.Persistence.Instance.Apply(System).JournalFor(null);

    public IActorRef Snapshots => Akka.Persistence.Persistence.Instance.Apply(System).SnapshotStoreFor(null);

    public JournalSetup Parts => JournalSetup.Of(System);

    public JournalReader Reader => new(Parts.Database);

    public static string ShippedSettings { get; } = Path.Combine(AppContext.BaseDirectory, "hocon");

    public static JournalOptions Sqlite(string file, string? settings = null) => new(JournalProvider.Sqlite, $"Data Source={file}", settings ?? ShippedSettings);

    /// <summary>The shipped settings with some of them changed, in a folder of their own.</summary>
    public static string Settings(string folder, params (string Shipped, string Instead)[] changes)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(ShippedSettings))
        {
            var text = File.ReadAllText(file);
            if (Path.GetFileName(file).StartsWith("persistence", StringComparison.Ordinal))
            {
                foreach (var (shipped, instead) in changes)
                {
                    Assert.Contains(shipped, text, StringComparison.Ordinal);
                    text = text.Replace(shipped, instead, StringComparison.Ordinal);
                }
            }

            File.WriteAllText(Path.Combine(folder, Path.GetFileName(file)), text);
        }

        return folder;
    }

    public static async Task<JournalLab> StartAsync(JournalOptions options)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddLogging();
        builder.Services.AddHealthChecks();
        builder.Services.AddAkka("lab", akka => akka.AddHocon("akka.loglevel = OFF, akka.stdout-loglevel = OFF", HoconAddMode.Prepend).WithJournal(options));
        var host = builder.Build();
        await host.StartAsync();
        return new(host);
    }

    /// <summary>Ends when the journal has closed its database.</summary>
    public async ValueTask DisposeAsync()
    {
        var writer = Parts.Writer;
        await _host.StopAsync();
        await writer.DisposeAsync();
        _host.Dispose();
    }

    public static IVmEvent Event(long number) => new VmEvents.StepStarted(number, VmStep.Start, 1, At);

    public static long NumberOf(object @event) => ((VmEvents.StepStarted)@event).Number;

    public static AtomicWrite Atomic(string id, params long[] sequences) =>
        new(sequences.Select(n => (IPersistentRepresentation)new Persistent(Event(n), n, id, writerGuid: "writer-1")).ToImmutableList());

    public async Task<HealthReportEntry> HealthAsync() =>
        Assert.Single((await _host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().WaitAsync(Deadline)).Entries, e => e.Value.Tags.Contains("journal")).Value;

    /// <summary>Writes as one persistent actor does, and gives what it is told, one answer for each event.</summary>
    public async Task<IReadOnlyList<object>> WriteAsync(params IPersistentEnvelope[] writes)
    {
        await using var actor = NewListener();
        Journal.Tell(new WriteMessages(writes, actor.Ref, 1));
        Assert.True(await actor.NextAsync() is WriteMessagesSuccessful or WriteMessagesFailed);
        var answers = new List<object>();
        for (var i = writes.Sum(w => w.Size); i > 0; i--)
        {
            answers.Add(await actor.NextAsync());
        }

        return answers;
    }

    /// <summary>Writes events that must be stored.</summary>
    public async Task StoreAsync(string id, params long[] sequences) => Assert.All(await WriteAsync(Atomic(id, sequences)), a => Assert.IsType<WriteMessageSuccess>(a));

    /// <summary>Writes an event that must not be stored.</summary>
    public async Task<JournalException> FailureAsync(string id, long sequence) =>
        Assert.IsType<JournalException>(Assert.IsType<WriteMessageFailure>(Assert.Single(await WriteAsync(Atomic(id, sequence)))).Cause);

    /// <summary>Replays as a persistent actor that starts does.</summary>
    public async Task<(IReadOnlyList<IPersistentRepresentation> Events, long Highest)> ReplayAsync(string id, long from = 0, long to = long.MaxValue, long max = long.MaxValue)
    {
        await using var actor = NewListener();
        Journal.Tell(new ReplayMessages(from, to, max, id, actor.Ref));
        var events = new List<IPersistentRepresentation>();
        while (true)
        {
            switch (await actor.NextAsync())
            {
                case ReplayedMessage replayed:
                    events.Add(replayed.Persistent);
                    break;
                case RecoverySuccess success:
                    return (events, success.HighestSequenceNr);
                case ReplayMessagesFailure failure:
                    throw failure.Cause;
                case var other:
                    throw new InvalidOperationException(other.ToString());
            }
        }
    }

    public async Task<IReadOnlyList<long>> NumbersAsync(string id) => [.. (await ReplayAsync(id)).Events.Select(e => NumberOf(e.Payload))];

    public async Task DeleteAsync(string id, long upTo)
    {
        await using var actor = NewListener();
        Journal.Tell(new DeleteMessagesTo(id, upTo, actor.Ref));
        Assert.Equal(upTo, Assert.IsType<DeleteMessagesSuccess>(await actor.NextAsync()).ToSequenceNr);
    }

    public Task<object> AskSnapshotsAsync(object message) => Snapshots.Ask<object>(message, Deadline);

    /// <summary>All events of the journal in its order, read as the stream of events reads them.</summary>
    public async Task<IReadOnlyList<(string Id, long Sequence)>> AllAsync()
    {
        var all = new List<JournalRow>();
        while (true)
        {
            var rows = await Reader.ReadAllAsync(all.Count == 0 ? 0 : all[^1].Ordering, 1000, CancellationToken.None);
            all.AddRange(rows);
            if (rows.Count == 0)
            {
                return [.. all.Select(r => (r.PersistenceId, r.Sequence))];
            }
        }
    }

    /// <summary>The columns of rows, as text.</summary>
    public Task<List<string>> ColumnsAsync(string sql) => Parts.Database.QueryAsync(
        new(sql),
        row => string.Join('|', Enumerable.Range(0, row.FieldCount).Select(i => row.IsDBNull(i) ? "NULL" : Convert.ToString(row.GetValue(i), CultureInfo.InvariantCulture))),
        CancellationToken.None);

    private Listener NewListener() => new(System);

    /// <summary>Stands in for a persistent actor.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly Channel<object> _heard = Channel.CreateUnbounded<object>();

        public Listener(ActorSystem system) => Ref = system.ActorOf(Props.Create(() => new Ear(_heard.Writer)));

        public IActorRef Ref { get; }

        public async Task<object> NextAsync() => await _heard.Reader.ReadAsync().AsTask().WaitAsync(Deadline);

        public ValueTask DisposeAsync()
        {
            Ref.Tell(PoisonPill.Instance);
            return ValueTask.CompletedTask;
        }

        private sealed class Ear : ReceiveActor
        {
            public Ear(ChannelWriter<object> heard) => ReceiveAny(message => heard.TryWrite(message));
        }
    }
}
