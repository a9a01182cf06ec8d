using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using DeCloud.NodeAgent.Actors.Inspection;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>What an actor takes in a second with Akka's own mailbox, with the one that can be watched, and with somebody watching; in turns, since the machine is not ours alone.</summary>
internal static class InspectionBenchmark
{
    private const int Messages = 1_000_000;
    private const int Rounds = 15;

    public static async Task RunAsync(Setting setting, Report report)
    {
        _ = setting;
        using var plain = ActorSystem.Create("plain", ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF"));
        using var watched = ActorSystem.Create("watched", ConfigurationFactory.ParseString(InspectionHosting.Settings).WithFallback(ConfigurationFactory.ParseString("akka.loglevel = OFF, akka.stdout-loglevel = OFF")));
        var inspector = new ActorInspector(watched, new SupervisionBoard(), new DeadLetterBoard(), TimeProvider.System);
        var (without, with) = (plain.ActorOf(Props.Create(() => new Counter()), "counter"), watched.ActorOf(Props.Create(() => new Counter()), "counter"));
        var (absent, unseen, seen) = (new Sample(), new Sample(), new Sample());
        for (var round = 0; round <= Rounds; round++)
        {
            var figures = (await RateAsync(without), await RateAsync(with), await WatchedRateAsync(inspector, with));
            if (round > 0)
            {
                // The first is the compiler's.
                absent.Add(figures.Item1);
                unseen.Add(figures.Item2);
                seen.Add(figures.Item3);
            }
        }

        var (cost, looking) = (unseen.Median / absent.Median, seen.Median / absent.Median);
        report.AtLeast("Messages an actor takes: mailbox that can be watched, nobody looks ÷ Akka's own", $"{cost:0.00} ({unseen.Median / 1e6:0.00} against {absent.Median / 1e6:0.00} million/s, n={unseen.Count})", cost, 0.9, "");
        report.Tell("The same while somebody follows the actor ÷ Akka's own", $"{looking:0.00} ({seen.Median / 1e6:0.00} million/s)");
    }

    private static async Task<double> WatchedRateAsync(ActorInspector inspector, IActorRef actor)
    {
        using var end = new CancellationTokenSource();
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var following = Task.Run(
            async () =>
            {
                try
                {
                    await foreach (var sight in inspector.TailAsync("/user/counter", end.Token))
                    {
                        told.TrySetResult();
                    }
                }
                catch (OperationCanceledException)
                {
                }
            },
            CancellationToken.None);
        while (!told.Task.IsCompleted)
        {
            actor.Tell(0);
            await Task.Delay(1);
        }

        var rate = await RateAsync(actor);
        await end.CancelAsync();
        await following;
        return rate;
    }

    private static async Task<double> RateAsync(IActorRef actor)
    {
        object message = 1;
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < Messages; i++)
        {
            actor.Tell(message, ActorRefs.NoSender);
        }

        await actor.Ask<int>("done", TimeSpan.FromMinutes(1));
        return Messages / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private sealed class Counter : ReceiveActor
    {
        private int _taken;

        public Counter()
        {
            Receive<int>(_ => _taken++);
            Receive<string>(_ => Sender.Tell(_taken));
        }
    }
}
