using Akka.Actor;
using Akka.Persistence;

namespace DeCloud.NodeAgent.Tests.Persistence;

/// <summary>The process that <see cref="CrashTests"/> kills: persistent actors on the shipped journal that store event after event and say which are acknowledged.</summary>
internal static class CrashChild
{
    public const string Name = "store-events";
    public const int Writers = 10;

    public static async Task<int> RunAsync(string file)
    {
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(file));
        await using var output = Console.OpenStandardOutput();
        for (var n = 0; n < Writers; n++)
        {
            var id = $"vm-{n}";
            lab.System.ActorOf(Props.Create(() => new Diarist(id, n % 2 == 0, output)));
        }

        await lab.System.WhenTerminated.WaitAsync(TimeSpan.FromMinutes(1));
        return 0;
    }

    /// <summary>Half of them write one event at a time, the others three together.</summary>
    private sealed class Diarist : ReceivePersistentActor
    {
        private readonly Stream _output;
        private readonly int _together;

        public Diarist(string id, bool isSingle, Stream output)
        {
            PersistenceId = id;
            _output = output;
            _together = isSingle ? 1 : 3;
            Recover<object>(_ => { });
            Command<string>(_ => Store());
            Self.Tell("");
        }

        public override string PersistenceId { get; }

        private void Store()
        {
            var left = _together;
            PersistAll(Enumerable.Range(1, _together).Select(n => JournalLab.Event(LastSequenceNr + n)).ToList(), _ =>
            {
                Say(LastSequenceNr);
                if (--left == 0)
                {
                    Self.Tell("");
                }
            });
        }

        /// <summary>One system call, so that a line is said or not.</summary>
        private void Say(long number)
        {
            _output.Write(System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant($"{PersistenceId} {number}.\n")));
            _output.Flush();
        }
    }
}

/// <summary>The tests are also the program that some of them start.</summary>
internal static class Program
{
    public static Task<int> Main(string[] args) => args is [CrashChild.Name, var file] ? CrashChild.RunAsync(file) : Task.FromResult(0);
}
