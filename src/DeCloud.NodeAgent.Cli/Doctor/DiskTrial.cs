using System.Diagnostics;

namespace DeCloud.NodeAgent.Cli.Doctor;

/// <summary>Tries how fast a disk takes what is written to it, with a file that is gone afterwards.</summary>
internal static class DiskTrial
{
    private const int BlockBytes = 1 << 20, Blocks = 64, Flushes = 16, SmallBytes = 4096;

    /// <summary>Stops on a disk that is too slow to be waited for.</summary>
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    /// <summary>Whether there is room enough to try.</summary>
    public static bool Worthwhile(long freeBytes) => freeBytes > 16L * BlockBytes * Blocks;

    /// <summary>Tries.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Bytes a second, flushed at the end, and the median of small durable writes; null when the folder can't be written.</returns>
    public static async Task<(double Write, TimeSpan Flush)?> RunAsync(string folder, CancellationToken cancellation)
    {
        var path = Path.Join(folder, $".decloud-doctor-{Guid.NewGuid():N}");
        try
        {
            // Random: some disks compress.
            var block = new byte[BlockBytes];
            Random.Shared.NextBytes(block);
            using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
            var watch = Stopwatch.StartNew();
            long written = 0;
            for (var i = 0; i < Blocks && watch.Elapsed < Most; i++)
            {
                await RandomAccess.WriteAsync(file, block, written, cancellation).ConfigureAwait(false);
                written += block.Length;
            }

            RandomAccess.FlushToDisk(file);
            var speed = written / watch.Elapsed.TotalSeconds;
            var flushes = new List<TimeSpan>();
            for (watch.Restart(); flushes.Count < Flushes && watch.Elapsed < Most;)
            {
                var begun = watch.Elapsed;
                await RandomAccess.WriteAsync(file, block.AsMemory(0, SmallBytes), written, cancellation).ConfigureAwait(false);
                RandomAccess.FlushToDisk(file);
                written += SmallBytes;
                flushes.Add(watch.Elapsed - begun);
            }

            flushes.Sort();
            return (speed, flushes[flushes.Count / 2]);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return null;
        }
    }
}
