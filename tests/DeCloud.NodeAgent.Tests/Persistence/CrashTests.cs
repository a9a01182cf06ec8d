using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace DeCloud.NodeAgent.Tests.Persistence;

/// <summary><c>kill -9</c> while events are stored.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-journal-").FullName;

    private string Db => Path.Combine(_folder, "journal.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Every_event_that_was_acknowledged_before_a_kill_is_there_after_it()
    {
        var acknowledged = new ConcurrentDictionary<string, long>();
        for (var kill = 0; kill < 4; kill++)
        {
            await KilledAsync(acknowledged, 150 + 400 * kill);
            await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Db));
            Assert.Equal(["ok"], await lab.ColumnsAsync("PRAGMA integrity_check"));
            foreach (var (id, last) in acknowledged)
            {
                var numbers = await lab.NumbersAsync(id);
                Assert.Equal(Enumerable.Range(1, numbers.Count).Select(n => (long)n), numbers);
                Assert.True(numbers.Count >= last, $"{id}: event {last} was acknowledged, {numbers.Count} are stored.");
                acknowledged[id] = numbers.Count;
            }
        }

        Assert.Equal(CrashChild.Writers, acknowledged.Count);
    }

    /// <summary>Runs the child until it has acknowledged so many events more, kills it, and reads what else it had said.</summary>
    private async Task KilledAsync(ConcurrentDictionary<string, long> acknowledged, int events)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["exec", typeof(CrashChild).Assembly.Location, CrashChild.Name, Db])
        {
            start.ArgumentList.Add(argument);
        }

        using var child = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            while (await child.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                // The pipe may end within the last line.
                if (line.EndsWith('.') && line.TrimEnd('.').Split(' ') is [var id, var number])
                {
                    acknowledged.AddOrUpdate(id, _ => long.Parse(number, CultureInfo.InvariantCulture), (_, before) => Math.Max(before, long.Parse(number, CultureInfo.InvariantCulture)));
                    if (--events == 0)
                    {
                        child.Kill();
                    }
                }
            }

            Assert.True(events <= 0, "The child ended by itself.");
            await child.WaitForExitAsync(deadline.Token);
        }
        finally
        {
            if (!child.HasExited)
            {
                child.Kill();
            }
        }
    }
}
