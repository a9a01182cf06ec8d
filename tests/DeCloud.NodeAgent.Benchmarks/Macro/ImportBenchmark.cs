using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using DeCloud.NodeAgent.Benchmarks.Lab;
using DeCloud.NodeAgent.Benchmarks.Measure;
using DeCloud.NodeAgent.Core.Images;
using DeCloud.NodeAgent.Infrastructure.Images;
using DeCloud.NodeAgent.Infrastructure.Qemu;
using Microsoft.Extensions.Logging.Abstractions;

namespace DeCloud.NodeAgent.Benchmarks.Macro;

/// <summary>
/// Import of a 1 GiB image of random bytes over loopback HTTP: the part up to the verified file against curl | tee | sha256sum and curl to a file, in turns; the copy into our own qcow2
/// apart. The agent's figure includes its fsync, curl's have none.
/// </summary>
internal static class ImportBenchmark
{
    private const long Bytes = 1L << 30;
    private const double MiB = Bytes / (double)(1 << 20);
    private const int Rounds = 3;

    public static async Task RunAsync(Setting setting, Report report)
    {
        var folder = setting.NewFolder("import");
        var source = Path.Combine(folder, "image");
        var digest = await WriteRandomAsync(source);
        var port = LoopbackServer.FreePort();
        using var server = Programs.StartSelf("serve-file", source, port.ToString(CultureInfo.InvariantCulture));
        try
        {
            var url = $"http://127.0.0.1:{port}/image";
            await Programs.RunAsync("curl", "-sS", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "-o", "/dev/null", url);
            var (verified, whole, flattened, piped, copied) = (new Sample(), new Sample(), new Sample(), new Sample(), new Sample());
            var ratios = new Sample();
            for (var i = 0; i < Rounds; i++)
            {
                var tee = await PipeAsync(url, Path.Combine(folder, "tee"));
                var (took, total) = await ImportAsync(Path.Combine(folder, $"state-{i}"), url, digest);
                var plain = (await Programs.TimeAsync("curl", "-sS", "-o", Path.Combine(folder, "plain"), url)).TotalSeconds;
                verified.Add(MiB / took);
                whole.Add(MiB / total);
                flattened.Add(total - took);
                piped.Add(MiB / tee);
                copied.Add(MiB / plain);
                ratios.Add(tee / took);
            }

            var copy = new Sample();
            for (var i = 0; i < Rounds; i++)
            {
                var target = Path.Combine(folder, "copy");
                copy.Add(MiB / (await Programs.TimeAsync("cp", source, target)).TotalSeconds);
                File.Delete(target);
            }

            report.AtLeast(
                "Import of 1 GiB: download, hash, write, fsync ÷ `curl \\| tee \\| sha256sum`",
                $"{ratios.Median:0.0} ({verified.Median:0} against {piped.Median:0} MiB/s)", ratios.Median, 2.5, "");
            report.Tell("The same ÷ `curl` to a file, nothing verified; ÷ `cp`", $"{verified.Median / copied.Median:0.00} ({copied.Median:0} MiB/s); {verified.Median / copy.Median:0.00} ({copy.Median:0} MiB/s)");
            report.Tell("The copy into our own flat qcow2, fsync included", $"{flattened.Median:0.0} s; whole import {whole.Median:0} MiB/s, {whole.Median / piped.Median:0.0} times `curl \\| tee \\| sha256sum` which has no such copy");
        }
        finally
        {
            server.Kill();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<double> PipeAsync(string url, string target)
    {
        var took = await Programs.TimeAsync("/bin/bash", "-c", "curl -sS \"$1\" | tee \"$2\" | sha256sum", "pipe", url, target);
        File.Delete(target);
        return took.TotalSeconds;
    }

    private static async Task<(double Verified, double Whole)> ImportAsync(string state, string url, ImageDigest digest)
    {
        var options = new ImageStoreOptions { Folder = Path.Combine(state, "images"), VmFolder = Path.Combine(state, "vms"), AllowHttp = true, AllowPrivateAddresses = true };
        Directory.CreateDirectory(state);
        using var store = new ImageStore(options, new QemuImg(NullLogger<QemuImg>.Instance), TimeProvider.System, NullLogger<ImageStore>.Instance);
        var since = Stopwatch.GetTimestamp();
        var stages = new Stages(since);
        await store.ImportAsync(new(url, digest), stages, CancellationToken.None);
        var whole = Stopwatch.GetElapsedTime(since).TotalSeconds;
        Directory.Delete(state, recursive: true);
        return (stages.ConvertBegan?.TotalSeconds ?? throw new InvalidOperationException("The import told of no conversion."), whole);
    }

    private static async Task<ImageDigest> WriteRandomAsync(string file)
    {
        var random = new Random(1);
        var block = new byte[1 << 20];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var output = File.Create(file);
        for (var left = Bytes; left > 0; left -= block.Length)
        {
            random.NextBytes(block);
            hash.AppendData(block);
            await output.WriteAsync(block);
        }

        return ImageDigest.FromBytes(hash.GetHashAndReset());
    }

    /// <summary>Notes when the copy into our own format begins: then the download is verified and on disk.</summary>
    private sealed class Stages(long since) : IProgress<ImportProgress>
    {
        public TimeSpan? ConvertBegan { get; private set; }

        public void Report(ImportProgress value)
        {
            if (value.Stage == "convert")
            {
                ConvertBegan ??= Stopwatch.GetElapsedTime(since);
            }
        }
    }
}
