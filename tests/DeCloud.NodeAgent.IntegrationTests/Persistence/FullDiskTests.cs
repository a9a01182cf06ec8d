using CliWrap;
using CliWrap.Buffered;
using DeCloud.NodeAgent.Actors.Persistence;
using DeCloud.NodeAgent.Tests.Persistence;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace DeCloud.NodeAgent.IntegrationTests.Persistence;

/// <summary>The journal on a file system that runs full.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("decloud-journal-").FullName;

    /// <inheritdoc/>
    public Task InitializeAsync() => Cli.Wrap("mount").WithArguments(["-t", "tmpfs", "-o", "size=3m", "decloud-journal", _folder]).ExecuteBufferedAsync();

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        await Cli.Wrap("umount").WithArguments(["--lazy", _folder]).ExecuteBufferedAsync();
        Directory.Delete(_folder);
    }

    [Fact]
    public async Task A_full_disk_is_told_as_such_what_was_acknowledged_stays_and_with_room_writing_goes_on()
    {
        await using var lab = await JournalLab.StartAsync(JournalLab.Sqlite(Path.Combine(_folder, "journal.db")));
        var ballast = Path.Combine(_folder, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[1 << 20]);
        var acknowledged = 0L;
        JournalException? failure = null;
        while (failure is null && acknowledged < 100_000)
        {
            var sequences = Enumerable.Range((int)acknowledged + 1, 50).Select(n => (long)n).ToArray();
            switch ((await lab.WriteAsync(JournalLab.Atomic("vm-a", sequences)))[0])
            {
                case Akka.Persistence.WriteMessageSuccess:
                    acknowledged += 50;
                    break;
                case Akka.Persistence.WriteMessageFailure failed:
                    failure = Assert.IsType<JournalException>(failed.Cause);
                    break;
            }
        }

        Assert.Equal(JournalFault.DiskFull, failure!.Fault);
        // A health check may find room for its own small write, so what it starts from is looked at.
        Assert.Equal(JournalFault.DiskFull, lab.Parts.Writer.Trouble?.Fault);
        Assert.Equal(acknowledged, (await lab.ReplayAsync("vm-a")).Highest);

        File.Delete(ballast);
        Assert.Equal(HealthStatus.Healthy, (await lab.HealthAsync()).Status);
        await lab.StoreAsync("vm-a", acknowledged + 1);
        Assert.Equal(Enumerable.Range(1, (int)acknowledged + 1).Select(n => (long)n), await lab.NumbersAsync("vm-a"));
    }
}
