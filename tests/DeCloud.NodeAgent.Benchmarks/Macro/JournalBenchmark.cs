using System.Diagnostics;
using Akka;
using Akka.Actor;
using Akka.Persistence;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;
using DeCloud.NodeAgent.Core.Vms;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>Events a second through the shipped journal: SQLite, write-ahead log, synchronous=FULL. Every actor waits for one event to be stored before it writes the next.</summary>
internal static class JournalBenchmark
{
    private const int Actors = 100;
    private const int EventsEach = 300;
    private const int EventsOfOne = 600;
    private const int Rounds = 5;

    public static async Task RunAsync(Setting setting, Report report)
    {
        await using var host = await JournalHost.StartAsync(Path.Combine(setting.NewFolder("journal"), "journal.db"));
        await RateAsync(host.System, Actors, EventsEach);
        var (many, one) = (new Sample(), new Sample());
        for (var i = 0; i < Rounds; i++)
        {
            many.Add(await RateAsync(host.System, Actors, EventsEach));
            one.Add(await RateAsync(host.System, 1, EventsOfOne));
        }

        report.AtLeast($"Journal, {Actors} actors", $"median {many.Median:#,0} events/s ({many.Least:#,0} to {many.Most:#,0})", many.Median, 10_000, "events/s");
        report.Tell("Journal, one actor, event after event", $"median {one.Median:#,0} events/s");
    }

    private static async Task<double> RateAsync(ActorSystem system, int actors, int events)
    {
        var writers = Enumerable.Range(0, actors).Select(_ => system.ActorOf(Props.Create(() => new Diarist($"bench-{Guid.NewGuid()}")))).ToList();
        await Task.WhenAll(writers.Select(w => w.Ask<Done>(1, TimeSpan.FromMinutes(1))));
        var since = Stopwatch.GetTimestamp();
        await Task.WhenAll(writers.Select(w => w.Ask<Done>(events, TimeSpan.FromMinutes(2))));
        var rate = actors * events / Stopwatch.GetElapsedTime(since).TotalSeconds;
        await Task.WhenAll(writers.Select(w => w.GracefulStop(TimeSpan.FromSeconds(10))));
        return rate;
    }

    /// <summary>Told a number, stores so many events one after the other.</summary>
    private sealed class Diarist : ReceivePersistentActor
    {
        private static readonly VmEvents.Observed Event = new(PowerState.Running, PowerReason.Booted, new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

        public Diarist(string persistenceId)
        {
            PersistenceId = persistenceId;
            RecoverAny(_ => { });
            Command<int>(events => Write(events, Sender));
        }

        public override string PersistenceId { get; }

        private void Write(int left, IActorRef asker) => Persist(Event, _ =>
        {
            if (left == 1)
            {
                asker.Tell(Done.Instance);
            }
            else
            {
                Write(left - 1, asker);
            }
        });
    }
}
